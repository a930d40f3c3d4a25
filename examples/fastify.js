// A worker with Fastify.      npm install ./skein-0.1.0.tgz fastify && node fastify.js
import fastify from "fastify";
import { join } from "skein";

const app = fastify();
app.get("/", async (request) => ({ hello: "fastify", path: request.url }));
app.post("/orders", async (request, reply) => reply.code(201).send({ ordered: request.body }));

await app.listen({ port: Number(process.env.PORT ?? 0) });
const worker = await join(app.server, "orders");
console.log(`${worker.id} ${worker.state}`);
