// Reads from its clients and writes the same answer for each read, the way the proxy reads and writes: no parsing, no route, no
// worker, no count. Started by main.ts; listens on the port in FLOOR_PORT.
import { createServer } from "node:net";
import { readIntoBuffer } from "../../src/proxy/sockets/read-buffer.ts";
import { StraightWrite } from "../../src/proxy/sockets/straight-write.ts";
import { smallAnswerBytes } from "../suite/cases.ts";

const head = [
  "HTTP/1.1 200 OK",
  "Content-Type: text/plain",
  `Content-Length: ${smallAnswerBytes}`,
  "Date: Fri, 27 Nov 2026 12:00:00 GMT",
  "x-request-id: 01890a5d-ac96-774b-bcce-b302099a8057",
  "via: 1.1 skein",
];
const answer = `${head.join("\r\n")}\r\n\r\n${"x".repeat(smallAnswerBytes)}`;

const server = createServer({ noDelay: true }, (socket) => {
  const straight = new StraightWrite(socket);
  socket.on("error", () => socket.destroy());
  readIntoBuffer(socket, () => {
    if (!straight.text(answer)) socket.write(answer, "latin1");
    return true;
  });
});
server.listen(Number(process.env["FLOOR_PORT"]), "127.0.0.1");
