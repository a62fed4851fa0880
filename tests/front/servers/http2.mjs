// Usage: node http2.mjs PORT. HTTP/2 in the clear, by prior knowledge; HTTP/1.1 it does not speak.
import { createServer } from "node:http2";

const server = createServer();
server.on("stream", (stream, headers) => {
  let length = 0;
  stream.on("data", (piece) => (length += piece.length));
  stream.on("end", () => {
    stream.respond({ ":status": 200 });
    stream.end(`hello over ${headers[":scheme"]} from ${headers[":authority"]}, ${length} bytes came`);
  });
  stream.on("error", () => {});
});
server.on("sessionError", () => {});
server.listen(Number(process.argv[2]), "127.0.0.1");
