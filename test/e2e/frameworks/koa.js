import { PassThrough } from "node:stream";
import busboy from "busboy";
import Koa from "koa";

async function textOf(request) {
  let text = "";
  for await (const bytes of request) text += bytes;
  return text;
}

async function upload(context) {
  const got = {};
  const form = busboy({ headers: context.headers });
  form.on("field", (name, value) => (got[name] = value));
  form.on("file", (_name, file, { filename }) => {
    got.file = filename;
    got.bytes = 0;
    file.on("data", (bytes) => (got.bytes += bytes.length));
  });
  context.req.pipe(form);
  await new Promise((resolve) => form.on("close", resolve));
  return got;
}

export async function start(gate) {
  const app = new Koa();
  app.silent = true;
  const routes = {
    "/hello": (context) => (context.body = { hello: context.query.name }),
    "/echo": async (context) => {
      context.status = 201;
      context.body = { echo: JSON.parse(await textOf(context.req)) };
    },
    "/upload": async (context) => (context.body = await upload(context)),
    "/events": (context) => {
      const stream = new PassThrough();
      context.type = "text/event-stream";
      context.body = stream;
      stream.write("data: 1\n\n");
      void gate.opened().then(() => stream.end("data: 2\n\n"));
    },
    "/large": (context) => (context.body = Buffer.alloc(2_000_000, "x")),
    "/fails": () => {
      throw new Error("on purpose");
    },
  };
  app.use(async (context, next) => (routes[context.path] ?? next)(context));
  return new Promise((resolve) => {
    const server = app.listen(0, "127.0.0.1", () => resolve(server));
  });
}
