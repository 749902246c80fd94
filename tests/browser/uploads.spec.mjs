// Uploads from the page that survive everything: folders, a line cut in the middle, a reload, a server that is killed.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, openPage, root, scratch, Server, zipOfTexts } from "./harness.mjs";

const folder = scratch();
let server;
let browser;

before(async () => {
    browser = await launchBrowser();
    server = await Server.start(folder.path);
});
after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
});

const jobsNamed = async (name) => (await server.json(`/jobs?q=${name}`)).jobs;

/// A folder of the test's own, of the files that are given.
function folderOf(name, files) {
    const path = join(folder.path, name);
    mkdirSync(path, { recursive: true });
    for (const [file, content] of Object.entries(files)) {
        mkdirSync(join(path, file, ".."), { recursive: true });
        writeFileSync(join(path, file), content);
    }
    return path;
}

async function chooseFolder(page, path) {
    const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: /a folder|uma pasta/ }).click()]);
    await chooser.setFiles(path);
}

async function slowly(context, page, bytesPerSecond) {
    const network = await context.newCDPSession(page);
    await network.send("Network.enable");
    await network.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: bytesPerSecond });
    return network;
}

const partly = (page) => eventually("part of it was confirmed", () => page.locator(".upload progress").evaluate((bar) => bar.value > 0 && bar.value < bar.max));

test("a chosen folder is zipped in the browser, judged, sent, and runs", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const path = folderOf("pulse", { "code.py": "print(open('data/a.csv').read())\n", "data/a.csv": "1,2\n", ".git/config": "x", "__pycache__/a.pyc": "x" });
    await page.goto(`${server.url}/upload`);
    await chooseFolder(page, path);
    await page.locator(".upload-accepted a").click();
    await page.waitForURL(/\/jobs\//);
    await page.locator(".log", { hasText: "1,2" }).waitFor();
    await page.locator('.job-now [data-state="succeeded"]').waitFor({ timeout: 90_000 });
    const [job] = await jobsNamed("pulse");
    assert.ok(job.bundle_bytes < 1000, "what tools left behind does not travel");
    assert.deepEqual(faults, []);
    await context.close();
});

test("a folder without a program is refused before it is sent, in the words of the server", async () => {
    const path = folderOf("nothing", { "main.py": "print(1)\n", "noise.bin": randomBytes(3_000_000) });
    for (const [locale, words] of [["en-GB", /main\.py" is a program of another name: rename it to code\.py/], ["pt-BR", /main\.py.*renomeie-o/]]) {
        const { context, page } = await openPage(browser, server, { locale });
        let created = 0;
        page.on("request", (request) => { if (request.url().includes("/uploads")) created += 1; });
        await page.goto(`${server.url}/upload`);
        await chooseFolder(page, path);
        assert.match(await page.locator(".upload-refused .upload-error").innerText(), words);
        assert.equal(created, 0, "no byte of it was sent");
        await context.close();
    }
});

test("a folder that was cut off in the middle goes on after a reload, and ends in one job", async () => {
    const { context, page } = await openPage(browser, server, { locale: "pt-BR" });
    const path = folderOf("corte", { "code.py": "import hashlib\nprint(hashlib.sha1(open('noise.bin', 'rb').read()).hexdigest())\n", "noise.bin": randomBytes(6_000_000) });
    await page.goto(`${server.url}/upload`);
    const network = await slowly(context, page, 1_500_000);
    await chooseFolder(page, path);
    await partly(page);
    await network.send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await page.locator(".upload-pausing", { hasText: "Envio interrompido, continua quando a conexão voltar" }).waitFor();
    await page.locator(".sends-held").waitFor();
    await network.send("Network.emulateNetworkConditions", { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_500_000 });
    await page.locator(".upload-sending").waitFor();
    const before = await page.locator(".upload progress").evaluate((bar) => bar.value);
    assert.ok(before > 0, "what was confirmed is not sent again");

    page.on("dialog", (dialog) => dialog.accept());
    await page.reload();
    await page.getByRole("link", { name: /1 envio foi interrompido/ }).waitFor();
    const row = page.locator(".upload-interrupted", { hasText: "corte.zip" });
    await row.waitFor();
    const patched = [];
    page.on("request", (request) => { if (request.method() === "PATCH") patched.push(Number(request.headers()["upload-offset"])); });
    await chooseFolder(page, path);
    await page.locator(".upload-accepted").waitFor();
    assert.ok(patched[0] >= before, `it went on at ${patched[0]}, and ${before} bytes had been confirmed`);
    assert.equal(await page.locator(".upload").count(), 1);
    assert.equal(await page.locator(".sends").count(), 0);
    const jobs = await jobsNamed("corte");
    assert.equal(jobs.length, 1);
    await eventually("it runs with whole bytes", async () => (await server.json(`/jobs/${jobs[0].id}`)).state === "succeeded");
    await context.close();
});

test("another file of the same name does not go on with what was interrupted", async () => {
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/upload`);
    await slowly(context, page, 1_000_000);
    const one = zipOfTexts(folder.path, "twin", { "code.py": "print(1)\n", "noise.bin": randomBytes(4_000_000) });
    const two = zipOfTexts(folder.path, "twin", { "code.py": "print(2)\n", "noise.bin": randomBytes(4_000_000) });
    await page.setInputFiles("input[type=file]", one);
    await partly(page);
    page.on("dialog", (dialog) => dialog.accept());
    await page.reload();
    await page.setInputFiles("input[type=file]", two);
    await page.locator(".upload-accepted").waitFor();
    await page.locator(".upload-interrupted").waitFor();
    await page.getByRole("button", { name: "Give up" }).click();
    await page.locator(".upload-interrupted").waitFor({ state: "detached" });
    const [job] = await jobsNamed("twin");
    await eventually("the second ran", async () => (await server.json(`/jobs/${job.id}`)).state === "succeeded");
    assert.equal(await (await fetch(`${server.url}/api/v1/jobs/${job.id}/log`)).text(), "2\n");
    await context.close();
});

test("a front that is killed in the middle costs nothing but time", async () => {
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/upload`);
    await slowly(context, page, 2_000_000);
    await page.setInputFiles("input[type=file]", zipOfTexts(folder.path, "killed", { "code.py": "print(1)\n", "noise.bin": randomBytes(6_000_000) }));
    await partly(page);
    process.kill(server.pidOf("httpfront"), "SIGKILL");
    await page.locator(".upload-pausing").waitFor();
    await page.locator(".upload-accepted").waitFor({ timeout: 60_000 });
    assert.equal((await jobsNamed("killed")).length, 1);
    await context.close();
});

test("the same zip again does not travel again", async () => {
    const zip = zipOfTexts(folder.path, "again", { "code.py": "print(1)\n", "noise.bin": randomBytes(1_000_000) });
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/upload`);
    await page.setInputFiles("input[type=file]", zip);
    await page.locator(".upload-accepted").waitFor();
    let patched = 0;
    page.on("request", (request) => { if (request.method() === "PATCH") patched += 1; });
    await page.setInputFiles("input[type=file]", zip);
    await eventually("both are there", async () => await page.locator(".upload-accepted").count() === 2);
    assert.equal(patched, 0);
    assert.equal((await jobsNamed("again")).length, 2);
    await context.close();
});

test("sending goes on while another page is looked at, and its header says so", async () => {
    const { context, page } = await openPage(browser, server, { viewport: { width: 320, height: 640 } });
    await page.goto(`${server.url}/upload`);
    await slowly(context, page, 1_000_000);
    await page.setInputFiles("input[type=file]", zipOfTexts(folder.path, "aside", { "code.py": "print(1)\n", "noise.bin": randomBytes(4_000_000) }));
    await partly(page);
    await page.getByRole("link", { name: "Results" }).click();
    await page.getByRole("link", { name: /Sending 1 job: \d+ %/ }).waitFor();
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "the header fits a small phone");
    await page.locator(".sends").waitFor({ state: "detached" });
    assert.equal((await jobsNamed("aside")).length, 1);
    await context.close();
});

test("the example of a folder gives the same zip every time", async () => {
    const path = join(folder.path, "ecg");
    cpSync(join(root, "examples/jobs/ecg"), path, { recursive: true, preserveTimestamps: true });
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/upload`);
    await chooseFolder(page, path);
    await page.locator(".upload-accepted").waitFor();
    let patched = 0;
    page.on("request", (request) => { if (request.method() === "PATCH") patched += 1; });
    await page.reload();
    await chooseFolder(page, path);
    await page.locator(".upload-accepted").waitFor();
    assert.equal(patched, 0, "the server knew its hash");
    await context.close();
});
