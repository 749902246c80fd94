// The HTTP API of uploads by tus-js-client, as other pages and programs use it: in pieces, all at once, and after a cut.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, connect } from "node:net";
import { after, before, test } from "node:test";
import { Upload } from "tus-js-client";
import { eventually, scratch, Server, zipOfTexts } from "./harness.mjs";

const folder = scratch();
let server;

before(async () => {
    server = await Server.start(folder.path);
});
after(async () => {
    await server?.stop();
    folder.remove();
});

/// Sends the bytes; the address of the upload.
function send(content, options) {
    return new Promise((resolve, reject) => {
        const upload = new Upload(content, {
            endpoint: `${server.url}/api/v1/uploads`, metadata: { filename: "study.zip" }, retryDelays: [0, 100, 200, 400],
            onError: reject, onSuccess: () => resolve(upload.url), ...options,
        });
        upload.start();
    });
}

async function jobOf(url) {
    const response = await fetch(`${server.url}/api/v1/jobs`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ upload: url.slice(url.lastIndexOf("/") + 1) }),
    });
    assert.equal(response.status, 201, await response.clone().text());
    return response.json();
}

const bundle = () => readFileSync(zipOfTexts(folder.path, "study", { "code.py": "print(1)\n", "noise.bin": randomBytes(500_000) }));

for (const [how, options] of Object.entries({
    "in one piece": {}, "in many pieces": { chunkSize: 60_000 }, "with the creation": { uploadDataDuringCreation: true },
    "without PATCH": { overridePatchMethod: true, chunkSize: 200_000 },
})) {
    test(`tus-js-client sends ${how}`, async () => {
        const content = bundle();
        const job = await jobOf(await send(content, options));
        assert.equal(job.bundle_bytes, content.length);
    });
}

/// A line that breaks after so many bytes from the client, the first times.
async function breakingLine(bytes, times) {
    const { hostname, port } = new URL(server.url);
    let broken = 0;
    const proxy = createServer((client) => {
        const far = connect(Number(port), hostname);
        let passed = 0;
        const end = () => {
            client.destroy();
            far.destroy();
        };
        client.on("data", (piece) => {
            passed += piece.length;
            far.write(piece);
            if (passed > bytes && broken < times) {
                broken += 1;
                end();
            }
        });
        far.on("data", (piece) => client.write(piece));
        for (const side of [client, far]) side.on("close", end).on("error", end);
    });
    await new Promise((resolve) => {
        proxy.listen(0, "127.0.0.1", resolve);
    });
    return { port: proxy.address().port, close: () => proxy.close(), broken: () => broken };
}

test("tus-js-client goes on after its line broke in the middle, three times", async () => {
    const content = bundle();
    const line = await breakingLine(120_000, 3);
    const url = await send(content, { endpoint: `http://127.0.0.1:${line.port}/api/v1/uploads` });
    line.close();
    assert.equal(line.broken(), 3);
    const job = await jobOf(url);
    assert.equal(job.bundle_bytes, content.length);
    await eventually("the job ran with whole bytes", async () => (await server.json(`/jobs/${job.id}`)).state === "succeeded");
});

test("tus-js-client ends an upload, and nothing of it is left", async () => {
    const url = await send(bundle(), {});
    await Upload.terminate(url, {});
    const { status } = await fetch(url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
    assert.equal(status, 404);
});
