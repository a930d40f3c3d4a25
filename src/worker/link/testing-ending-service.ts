// A service that answers and ends its process in the same turn, as its path says. Tells where its links come in.
import { createServer, type RequestListener } from "node:http";
import { systemClock } from "../../runtime/clock.ts";
import { newSharedLoad, sharedLoadIn } from "../shared-load.ts";
import { LinkListener } from "./link-listener.ts";

const ends: Record<string, RequestListener> = {
  "/exits": (_request, response) => {
    response.end("bye");
    process.exit();
  },
  "/exits-when-taken": (_request, response) => response.end("bye", () => process.exit()),
  "/exits-when-finished": (_request, response) => response.on("finish", () => process.exit()).end("bye"),
  "/throws": (_request, response) => {
    response.end("bye");
    throw new Error("on purpose");
  },
  "/rejects": (_request, response) => {
    response.end("bye");
    void Promise.reject(new Error("on purpose"));
  },
};

const server = createServer((request, response) => ends[request.url ?? ""]!(request, response));
server.listen(0, "127.0.0.1", () => {
  const links = LinkListener.at(server, "requests", sharedLoadIn(newSharedLoad()), systemClock);
  console.log(JSON.stringify(links?.address));
});
