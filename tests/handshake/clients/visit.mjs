// Usage: node visit.mjs TIMES PORT. How to visit is a JSON object in VISIT: options of https.get, files by name.
// One line for each visit: what came back, or the error's code and message.

import { readFileSync } from "node:fs";
import { get } from "node:https";

const [times, port] = process.argv.slice(2);
const { files, ...options } = JSON.parse(process.env.VISIT);
for (const [option, path] of Object.entries(files)) options[option] = readFileSync(path);

const visit = () =>
  new Promise((tell) => {
    const question = get({ host: "localhost", port, family: 4, agent: false, timeout: 600_000, ...options });
    question.on("response", (answer) => {
      let page = "";
      answer.on("data", (piece) => (page += piece));
      answer.on("end", () => tell(`in: ${page}`));
      answer.on("error", (error) => tell(`out: ${error.code} ${error.message}`));
    });
    question.on("timeout", () => question.destroy());
    question.on("error", (error) => tell(`out: ${error.code} ${error.message}`));
  });

for (let left = Number(times); left > 0; left--) console.log((await visit()).replaceAll("\n", " "));
