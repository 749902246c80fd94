// The pages as a researcher uses them: send, watch, take; in both languages and looks, by keyboard, on a phone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, namesIn, openPage, root, scratch, Server, zipOf, zipOfTexts } from "./harness.mjs";

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

const stateShown = (page, state) => page.waitForSelector(`.job-now [data-state="${state}"]`, { timeout: 90_000 });

async function send(page, files) {
    await page.goto(`${server.url}/upload`);
    await page.setInputFiles("input[type=file]", files);
}

test("a zip without a program is refused in words, and nothing is queued", async () => {
    const { context, page } = await openPage(browser, server);
    const zip = zipOfTexts(folder.path, "no-program", { "main.py": "print(1)\n" });
    const before = (await server.json("/jobs")).jobs.length;
    await send(page, zip);
    const words = await page.locator(".upload-refused .upload-error").innerText();
    assert.match(words, /main\.py" is a program of another name: rename it to code\.py/);
    assert.equal(await page.locator(".upload-refused a").count(), 0, "there is no job to open");
    assert.equal((await server.json("/jobs")).jobs.length, before);
    const portuguese = await openPage(browser, server, { locale: "pt-BR" });
    await send(portuguese.page, zip);
    assert.match(await portuguese.page.locator(".upload-error").innerText(), /main\.py” é um programa com outro nome: renomeie-o para code\.py/);
    await portuguese.context.close();
    await context.close();
});

test("the limits of a job are told before it is sent, in the language of the page", async () => {
    for (const [locale, words] of [["en-GB", [/a zip of at most 8\.6 GB/, /a job by default: 24 h, [\d.]+ [MG]iB, 64 GiB of disk/]], ["pt-BR", [/um zip de no máximo 8,6 GB/, /um trabalho sem limites próprios: 24 h, .* de disco/]]]) {
        const { context, page, faults } = await openPage(browser, server, { locale });
        await page.goto(`${server.url}/upload`);
        const told = page.locator(".lab-limits");
        await eventually("the limits are told", async () => /64 GiB/.test(await told.innerText()));
        for (const each of words) assert.match(await told.innerText(), each);
        assert.deepEqual(faults, []);
        await context.close();
    }
});

test("a file that is no zip is not even sent", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await send(page, { name: "code.rar", mimeType: "application/vnd.rar", buffer: Buffer.from("Rar!") });
    assert.match(await page.locator("[role=alert]").innerText(), /code\.rar.* is not a \.zip/);
    assert.equal(await page.locator(".upload").count(), 0);
    assert.deepEqual(faults, []);
    await context.close();
});

test("a zip dropped anywhere on the page is sent", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const bytes = readFileSync(zipOfTexts(folder.path, "dropped", { "code.py": "print(1)\n" })).toString("base64");
    await page.goto(`${server.url}/upload`);
    await page.locator(".drop").waitFor();
    const carried = await page.evaluateHandle((text) => {
        const data = new DataTransfer();
        data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], "dropped.zip", { type: "application/zip" }));
        return data;
    }, bytes);
    await page.dispatchEvent("h1", "dragover", { dataTransfer: carried });
    await page.locator(".drop-over").waitFor();
    await page.dispatchEvent("h1", "drop", { dataTransfer: carried });
    await page.locator(".upload-accepted", { hasText: "dropped.zip" }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

test("a large zip tells how much of it has gone, can be stopped, and sent again", async () => {
    const { context, page } = await openPage(browser, server);
    const noise = zipOfTexts(folder.path, "large", { "code.py": "print(1)\n", "noise.bin": randomBytes(6_000_000) });
    const network = await context.newCDPSession(page);
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 1_000_000 };
    await network.send("Network.enable");
    await network.send("Network.emulateNetworkConditions", slow);
    await send(page, noise);
    const bar = page.locator(".upload progress");
    await eventually("part of it has gone", () => bar.evaluate((element) => element.value > 0 && element.value < element.max));
    assert.match(await page.locator(".upload .figures").innerText(), /B of 6 MB.*\/s/);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator(".upload-stopped").waitFor();
    await network.send("Network.emulateNetworkConditions", { ...slow, uploadThroughput: -1 });
    await page.getByRole("button", { name: "Send again" }).click();
    await page.locator(".upload-accepted").waitFor();
    assert.equal((await server.json("/jobs?q=large")).jobs.length, 1);
    await context.close();
});

test("the ECG example is sent, watched, looked at and taken home", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await send(page, zipOf(folder.path, join(root, "examples/jobs/ecg")));
    await page.locator(".upload-accepted a").click();
    await page.waitForURL(/\/jobs\/[0-9a-f]{32}$/);
    await stateShown(page, "succeeded");
    await page.locator(".log", { hasText: "mean heart rate" }).waitFor();

    const plot = page.locator('.figure img[alt="ecg.png"]');
    await plot.scrollIntoViewIfNeeded();
    await eventually("the plot is drawn", () => plot.evaluate((image) => image.complete && image.naturalWidth > 0));
    await plot.click();
    await page.locator("dialog.viewer[open] img").waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog.viewer").waitFor({ state: "detached" });

    const table = page.locator(".preview", { hasText: "summary.csv" });
    assert.match(await table.locator("tbody").innerText(), /SDNN/);

    const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".job-actions a").click()]);
    assert.equal(download.suggestedFilename(), "ecg-output.zip");
    const names = namesIn(await download.path());
    for (const wanted of ["ecg.png", "summary.csv", "intervals.csv"]) assert.ok(names.includes(wanted), `${wanted} in ${names}`);
    assert.deepEqual(faults, []);
    await context.close();
});

test("each example is offered with what it is, is a job as it stands, and is sent at one click", async () => {
    for (const [locale, send, title] of [["en-GB", "Send the example Array", "Try an example"], ["pt-BR", "Enviar o exemplo Série", "Experimente um exemplo"]]) {
        const { context, page, faults } = await openPage(browser, server, { locale });
        await page.goto(`${server.url}/upload`);
        await page.getByRole("heading", { name: title }).waitFor();
        const rows = page.locator("[data-example]");
        assert.deepEqual(await rows.evaluateAll((all) => all.map((each) => each.dataset.example)), ["ecg", "eeg-octave", "array", "packages"]);
        for (const row of await rows.all()) {
            assert.ok((await row.locator("p").first().innerText()).length > 20, "it says what it is");
            const zip = await page.request.get(`${server.url}${await row.locator("a").getAttribute("href")}`);
            assert.match(zip.headers()["cache-control"], /immutable/);
            const judged = await page.request.post(`${server.url}/api/v1/jobs/validate`, { data: await zip.body(), headers: { "Content-Type": "application/zip", "X-Filename": "example.zip" } });
            assert.equal(judged.status(), 200, await judged.text());
        }
        await page.getByRole("button", { name: send }).click();
        const sent = page.locator(".upload-accepted");
        await sent.waitFor();
        const id = /jobs\/([0-9a-f]+)/.exec(await sent.locator("a").first().getAttribute("href"))[1];
        await eventually("all members have ended", async () => (await server.json(`/jobs/${id}`)).state === "succeeded");
        assert.equal((await server.json(`/jobs/${id}`)).array.size, 6);
        assert.deepEqual(faults, []);
        await context.close();
    }
});

test("the lines for curl and Python work as they stand", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const work = join(folder.path, "snippets");
    mkdirSync(join(work, "study"), { recursive: true });
    writeFileSync(join(work, "study", "code.py"), "open('output/said.txt', 'w').write('it ran')\n");
    execFileSync("python3", ["-m", "zipfile", "-c", "study.zip", "study/"], { cwd: work });
    await page.goto(`${server.url}/upload`);
    const shown = async (way) => {
        await page.getByRole("button", { name: way, exact: true }).click();
        const text = await page.locator(".snippet code").innerText();
        assert.ok(text.includes(server.url) && !/TOKEN/.test(text), `${text}: on a server without accounts nobody has a token`);
        return text;
    };
    execFileSync("bash", ["-e", "-c", await shown("curl")], { cwd: work });
    assert.deepEqual(namesIn(join(work, "results.zip")).filter((name) => !name.endsWith(".json")), ["said.txt"]);
    const python = await shown("Python");
    writeFileSync(join(work, "nias.py"), await (await page.request.get(`${server.url}${await page.locator(".start a[download='nias.py']").getAttribute("href")}`)).body());
    execFileSync("python3", ["-c", python], { cwd: work });
    assert.equal(readFileSync(join(work, "results", "said.txt"), "utf8"), "it ran");
    assert.match(await shown("Octave · MATLAB"), /^% http.*nias\.m\nlab = nias\('http/);
    assert.equal((await page.request.get(`${server.url}/nias.m`)).status(), 200);
    assert.deepEqual(faults, []);
    await context.close();
});

test("the log comes while the job runs, progress moves, and the job is cancelled from its page", async () => {
    const code = [
        "import os, time", "print('first words', flush=True)", "for i in range(1200):",
        "    open(os.environ['NIAS_PROGRESS'], 'w').write(f'{0.25 + i / 10000} a quarter\\n')", "    time.sleep(0.1)",
    ].join("\n");
    const job = await server.submit(zipOfTexts(folder.path, "slow", { "code.py": code }), "slow.zip");
    const { context, page, faults } = await openPage(browser, server);
    await page.goto(`${server.url}/jobs/${job.id}`);
    await stateShown(page, "running");
    await page.locator(".log", { hasText: "first words" }).waitFor();
    await page.locator(".progress-card", { hasText: "a quarter" }).waitFor();
    const done = () => page.locator(".progress-card progress").evaluate((bar) => bar.value);
    const seen = await done();
    assert.ok(seen >= 0.25 && seen < 0.4, `${seen} done`);
    await eventually("the bar moves", async () => await done() > seen);
    await page.getByRole("button", { name: "Cancel the job" }).click();
    await page.keyboard.press("Tab"); // the question has the focus
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Yes, cancel it");
    await page.keyboard.press("Enter");
    await stateShown(page, "cancelled");
    assert.deepEqual(faults, []);
    await context.close();
});

test("a flood of lines leaves a bounded page that ends with the last line", async () => {
    const code = "for i in range(30000): print('line', i, 'x' * 60)\nprint('the very last line')\n";
    const job = await server.submit(zipOfTexts(folder.path, "flood", { "code.py": code }), "flood.zip");
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/jobs/${job.id}`);
    await stateShown(page, "succeeded");
    await page.locator(".log > div:last-child", { hasText: "the very last line" }).waitFor();
    assert.ok(await page.locator(".log > div").count() <= 5000);
    await page.getByLabel("Find in the log").fill("line 29990 ");
    await page.locator(".log .hit").waitFor();
    assert.equal(await page.locator(".log .hit").count(), 1);
    await page.getByRole("button", { name: "Next match" }).click();
    assert.equal(await page.locator(".log-matches").innerText(), "1 of 1");
    await context.close();
});

test("a page outlives its server's front: it connects again and misses no line", async () => {
    const code = "import time\nfor i in range(80):\n    print('step', i, flush=True)\n    time.sleep(0.1)\n";
    const job = await server.submit(zipOfTexts(folder.path, "steps", { "code.py": code }), "steps.zip");
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.locator(".log", { hasText: "step 5" }).waitFor();
    process.kill(server.pidOf("httpfront"), "SIGKILL");
    await stateShown(page, "succeeded");
    await page.locator(".log", { hasText: "step 79" }).waitFor();
    const lines = await page.locator(".log > div").allInnerTexts();
    assert.deepEqual(lines, Array.from({ length: 80 }, (_, i) => `step ${i}`));
    await context.close();
});

test("a failed job says what happened", async () => {
    const job = await server.submit(zipOfTexts(folder.path, "wrong", { "code.py": "open('data.csv')\n" }), "wrong.zip");
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/jobs/${job.id}`);
    await stateShown(page, "failed");
    assert.match(await page.locator(".notice-bad").innerText(), /FileNotFoundError.*data\.csv/);
    await context.close();
});

test("results are found by state and by name, and appear by themselves", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await page.goto(`${server.url}/results`);
    await page.locator("tr", { hasText: "wrong" }).waitFor();
    await page.getByRole("button", { name: "Failed", exact: true }).click();
    await eventually("only failed jobs are listed", async () => {
        const states = await page.locator("tbody [data-state]").evaluateAll((all) => all.map((each) => each.dataset.state));
        return states.length > 0 && states.every((state) => state === "failed");
    });
    await page.getByRole("button", { name: "All", exact: true }).click();
    await page.getByLabel("Search by name").fill("newcomer");
    await page.locator(".empty", { hasText: "No job matches" }).waitFor();
    const job = await server.submit(zipOfTexts(folder.path, "newcomer", { "code.py": "print(1)\n" }), "newcomer.zip");
    await page.locator(`tr[data-job="${job.id}"] [data-state="succeeded"]`).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

test("the language follows the browser, can be switched, and is remembered", async () => {
    const { context, page } = await openPage(browser, server, { locale: "pt-BR" });
    await page.goto(`${server.url}/`);
    await page.getByRole("heading", { name: "Como funciona" }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "pt-BR");
    await page.getByRole("button", { name: "View in English" }).click();
    await page.getByRole("heading", { name: "How it works" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "How it works" }).waitFor();
    await page.getByRole("button", { name: "Ver em português" }).click();
    await page.getByRole("heading", { name: "Como funciona" }).waitFor();
    await context.close();
});

test("the look follows the system, can be switched, and is remembered", async () => {
    const { context, page } = await openPage(browser, server, { colorScheme: "dark" });
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)[0]);
    await page.goto(`${server.url}/`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.ok(await ground() < 60, "dark as the system is");
    await page.getByRole("button", { name: "Use the light look" }).click();
    assert.ok(await ground() > 200, "light as chosen");
    await page.reload();
    await page.getByRole("button", { name: "Use the dark look" }).waitFor();
    assert.ok(await ground() > 200, "light as remembered");
    await context.close();
});

test("the keyboard reaches the file input and the drop zone shows it", async () => {
    const { context, page } = await openPage(browser, server);
    await page.goto(`${server.url}/upload`);
    await page.locator(".drop").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "skip", "the first stop skips to the content");
    let reached = false;
    for (let stop = 0; stop < 12 && !reached; stop += 1) {
        await page.keyboard.press("Tab");
        reached = await page.evaluate(() => document.activeElement.matches("input[type=file]"));
    }
    assert.ok(reached);
    assert.equal(await page.locator(".drop").evaluate((zone) => getComputedStyle(zone).outlineStyle), "solid");
    await context.close();
});

for (const width of [1280, 390, 320]) {
    test(`no page has faults, nameless controls or sideways scrolling at ${width} pixels`, async () => {
        const { jobs } = await server.json("/jobs");
        const ecg = jobs.find((job) => job.name === "ecg");
        assert.ok(ecg);
        const { context, page, faults } = await openPage(browser, server, { viewport: { width, height: 844 } });
        for (const path of ["/", "/upload", "/results", `/jobs/${ecg.id}`, "/nowhere"]) {
            await page.goto(`${server.url}${path}`);
            await page.locator("h1").waitFor();
            await eventually(`${path} is loaded`, async () => await page.locator("main .spinner").count() === 0);
            assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${path} scrolls sideways`);
            const nameless = await page.evaluate(() => Array.from(document.querySelectorAll("a, button, input, img, progress"))
                .filter((each) => !(each.getAttribute("aria-label") || each.getAttribute("alt") || each.textContent.trim()))
                .map((each) => each.outerHTML));
            assert.deepEqual(nameless, [], path);
        }
        assert.deepEqual(faults, []);
        await context.close();
    });
}
