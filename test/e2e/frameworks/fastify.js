import { Readable } from "node:stream";
import busboy from "busboy";
import fastify from "fastify";

export async function start(gate) {
  const app = fastify();
  app.addContentTypeParser("multipart/form-data", (_request, payload, done) => done(null, payload));
  app.get("/hello", async ({ query }) => ({ hello: query.name }));
  app.post("/echo", async ({ body }, reply) => reply.code(201).send({ echo: body }));
  app.post("/upload", async (request) => {
    const got = {};
    const form = busboy({ headers: request.headers });
    form.on("field", (name, value) => (got[name] = value));
    form.on("file", (_name, file, { filename }) => {
      got.file = filename;
      got.bytes = 0;
      file.on("data", (bytes) => (got.bytes += bytes.length));
    });
    request.body.pipe(form);
    await new Promise((resolve) => form.on("close", resolve));
    return got;
  });
  app.get("/events", async (_request, reply) => {
    async function* events() {
      yield "data: 1\n\n";
      await gate.opened();
      yield "data: 2\n\n";
    }
    return reply.type("text/event-stream").send(Readable.from(events()));
  });
  app.get("/large", async (_request, reply) => reply.send(Buffer.alloc(2_000_000, "x")));
  app.get("/fails", async () => {
    throw new Error("on purpose");
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return app.server;
}
