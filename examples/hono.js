// A worker with Hono.      npm install ./skein-0.1.0.tgz hono @hono/node-server && node hono.js
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { join } from "skein";

const app = new Hono();
app.get("/", (context) => context.json({ hello: "hono", path: context.req.path }));
app.post("/orders", async (context) => context.json({ ordered: await context.req.json() }, 201));

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 0) });
const worker = await join(server, "orders");
console.log(`${worker.id} ${worker.state}`);
