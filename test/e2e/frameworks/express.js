import busboy from "busboy";
import express from "express";

export async function start(gate) {
  const app = express();
  app.set("env", "test");
  app.use(express.json());
  app.get("/hello", (request, response) => response.json({ hello: request.query.name }));
  app.post("/echo", (request, response) => response.status(201).json({ echo: request.body }));
  app.post("/upload", (request, response) => {
    const got = {};
    const form = busboy({ headers: request.headers });
    form.on("field", (name, value) => (got[name] = value));
    form.on("file", (_name, file, { filename }) => {
      got.file = filename;
      got.bytes = 0;
      file.on("data", (bytes) => (got.bytes += bytes.length));
    });
    form.on("close", () => response.json(got));
    request.pipe(form);
  });
  app.get("/events", (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    void gate.opened().then(() => response.end("data: 2\n\n"));
  });
  app.get("/large", (_request, response) => response.send(Buffer.alloc(2_000_000, "x")));
  app.get("/fails", () => {
    throw new Error("on purpose");
  });
  return new Promise((resolve) => {
    const server = app.listen(0, "127.0.0.1", () => resolve(server));
  });
}
