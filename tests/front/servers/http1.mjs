// Usage: node http1.mjs PORT. Node's own HTTP/1.1 server.
import { createServer } from "node:http";

createServer((question, answer) => {
  let length = 0;
  question.on("data", (piece) => (length += piece.length));
  question.on("end", () => answer.end(`hello from ${question.headers.host}, ${length} bytes came`));
}).listen(Number(process.argv[2]), "127.0.0.1");
