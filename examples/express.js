// A worker with Express.      npm install ./skein-0.1.0.tgz express && node express.js
import express from "express";
import { join } from "skein";

const app = express();
app.use(express.json());
app.get("/", (request, response) => response.json({ hello: "express", path: request.url }));
app.post("/orders", (request, response) => response.status(201).json({ ordered: request.body }));

const server = app.listen(Number(process.env.PORT ?? 0));
const worker = await join(server, "orders");
console.log(`${worker.id} ${worker.state}`);
