// Sends a file by tus-js-client and prints the address of its upload:  tus_js.mjs URL TOKEN FILE CHUNK_BYTES
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";

const { Upload } = createRequire(new URL("../browser/package.json", import.meta.url))("tus-js-client");
const [url, token, file, chunk] = process.argv.slice(2);
const upload = new Upload(createReadStream(file), {
    endpoint: `${url}/api/v1/uploads`, metadata: { filename: "study.zip" }, headers: { Authorization: `Bearer ${token}` },
    chunkSize: Number(chunk), retryDelays: [0, 100, 200, 400, 800],
    onError: (problem) => {
        console.error(String(problem));
        process.exit(problem.originalResponse?.getStatus() === 400 ? 4 : 1);
    },
    onSuccess: () => console.log(upload.url),
});
upload.start();
