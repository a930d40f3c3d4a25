// A worker with Koa.      npm install ./skein-0.1.0.tgz koa && node koa.js
import Koa from "koa";
import { join } from "skein";

const app = new Koa();
app.use(async (context, next) => {
  context.set("x-worker", String(process.pid));
  await next();
});
app.use((context) => {
  context.body = { hello: "koa", path: context.url };
});

const server = app.listen(Number(process.env.PORT ?? 0));
const worker = await join(server, "orders");
console.log(`${worker.id} ${worker.state}`);
