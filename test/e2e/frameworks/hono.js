import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";

export async function start(gate) {
  const app = new Hono();
  app.get("/hello", (context) => context.json({ hello: context.req.query("name") }));
  app.post("/echo", async (context) => context.json({ echo: await context.req.json() }, 201));
  app.post("/upload", async (context) => {
    const { title, file } = await context.req.parseBody();
    return context.json({ title, file: file.name, bytes: file.size });
  });
  app.get("/events", (context) =>
    streamSSE(context, async (stream) => {
      await stream.writeSSE({ data: "1" });
      await gate.opened();
      await stream.writeSSE({ data: "2" });
    }),
  );
  app.get("/large", (context) => context.body("x".repeat(2_000_000)));
  app.get("/fails", () => {
    throw new Error("on purpose");
  });
  app.onError((error, context) => context.text(`failed: ${error.message}`, 500));
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => resolve(server));
  });
}
