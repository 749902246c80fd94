// A job's page in depth: what it says as it fails, its log, its files, plots, and running it again.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, openPage, scratch, Server, zipOfTexts } from "./harness.mjs";

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

async function shown(page, name, code, state) {
    const job = await server.submit(zipOfTexts(folder.path, name, { "code.py": code }), `${name}.zip`);
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.waitForSelector(`.job-now [data-state="${state}"]`, { timeout: 90_000 });
    return job;
}

test("a failed job shows its traceback first, with the program's own line, in both languages", async () => {
    const code = "import json\nprint('before')\ndef deep(text):\n    return json.loads(text)\n\ndeep('{')\n";
    for (const [locale, title, words] of [["en-GB", "What it printed as it failed", /exited with code 1/], ["pt-BR", "O que ele imprimiu ao falhar", /terminou com o código 1/]]) {
        const { context, page, faults } = await openPage(browser, server, { locale });
        await shown(page, `deep-${locale}`, code, "failed");
        const trace = page.locator(".trace", { hasText: title });
        assert.match(await trace.innerText(), /Traceback[\s\S]*JSONDecodeError/);
        assert.match(await trace.locator(".trace-own").first().innerText(), /code\.py", line 4/);
        assert.match(await page.locator(".notice-bad pre").first().innerText(), words);
        const places = await page.evaluate(() => [".trace", ".log-card", ".outputs"].map((each) => document.querySelector(each).getBoundingClientRect().top));
        assert.deepEqual(places, [...places].sort((a, b) => a - b), "first the trace, then the log, then the files");
        assert.deepEqual(faults, []);
        await context.close();
    }
});

test("a running job's figure and the newest rows of its table are shown, and change with their files", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const code = [
        "import itertools, time",
        "for step in itertools.count(1):",
        "    with open('output/loss.csv', 'w') as table: table.write('step,loss\\n' + ''.join(f'{n},{1 / n}\\n' for n in range(1, step + 20)))",
        "    with open('output/fit.svg', 'w') as figure: figure.write(f'<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{100 + step}\" height=\"50\"></svg>')",
        "    time.sleep(0.2)",
    ].join("\n");
    const job = await shown(page, "so-far", code, "running");
    const width = () => page.locator(".live-files img").evaluate((image) => (image.complete ? image.naturalWidth : 0));
    const lastStep = async () => Number(await page.locator(".live-files tbody tr:last-child td:first-child").innerText());
    await page.waitForSelector(".live-files tbody tr", { timeout: 30_000 });
    await eventually("the figure is drawn", async () => await width() > 100);
    const [before, step] = [await width(), await lastStep()];
    await eventually("a later figure is drawn", async () => await width() > before);
    await eventually("later rows are shown", async () => await lastStep() > step);
    assert.equal(await page.locator(".live-files tbody tr").count(), 8, "the newest rows, not all");
    await page.evaluate((id) => fetch(`/api/v1/jobs/${id}/cancel`, { method: "POST" }), job.id);
    await page.waitForSelector('.job-now [data-state="cancelled"]', { timeout: 30_000 });
    assert.equal(await page.locator(".live-files").count(), 0, "the results take their place");
    assert.deepEqual(faults, []);
    await context.close();
});

test("the log has numbers, colours, a link to each line, the first error, and long lines that need not wrap", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const code = "for i in range(300): print('line', i + 1)\nprint('\\x1b[1;31mred words\\x1b[0m and plain')\nprint('ValueError: the first')\nprint('x' * 900)\nfor i in range(200): print('after', i)\n";
    const job = await shown(page, "colours", code, "succeeded");
    const red = page.locator(".log .ansi-c1");
    assert.equal(await red.innerText(), "red words");
    assert.match(await red.getAttribute("class"), /ansi-bold/);
    assert.equal(await page.locator(".log > div").nth(300).innerText(), "red words and plain");
    await page.getByRole("button", { name: "First error" }).click();
    await eventually("the first error is in sight", () => page.locator('.log [data-n="302"]').evaluate((row) => {
        const [line, box] = [row.getBoundingClientRect(), row.parentElement.getBoundingClientRect()];
        return line.top >= box.top && line.bottom <= box.bottom;
    }));
    const tall = () => page.locator('.log [data-n="303"]').evaluate((row) => row.getBoundingClientRect().height);
    const wrapped = await tall();
    await page.getByRole("button", { name: "Wrap long lines" }).click();
    await eventually("the long line is one line", async () => await tall() < wrapped / 2);
    await page.locator('.log [data-n="302"]').click({ position: { x: 20, y: 8 } });
    await eventually("the address names the line", () => page.url().endsWith("#L302"));
    const other = await context.newPage();
    await other.goto(`${server.url}/jobs/${job.id}#L7`);
    await other.locator('.log .linked[data-n="7"]', { hasText: "line 7" }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

const kFiles = `
import math, os, struct, wave
import numpy as np
os.makedirs("output/run 1/é", exist_ok=True)
np.save("output/run 1/signal.npy", np.zeros((3, 1000), dtype="float32"))
with wave.open("output/run 1/tone.wav", "wb") as sound:
    sound.setnchannels(2); sound.setsampwidth(2); sound.setframerate(8000)
    sound.writeframes(b"".join(struct.pack("<hh", 0, 0) for _ in range(16000)))
for i in range(40): open(f"output/run 1/é/part-{i:02}.txt", "w").write(str(i))
with open("output/curve.csv", "w") as out:
    out.write("t;amplitude\\n")
    for i in range(2000): out.write(f"{i / 100:.2f};{math.sin(i / 50):.4f}\\n".replace(".", ","))
`;

test("files are a tree that can be filtered, and data files say what they hold", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await shown(page, "files", kFiles, "succeeded");
    const tree = page.locator(".files");
    await tree.locator("summary", { hasText: "run 1/" }).waitFor();
    assert.match(await tree.locator("a", { hasText: "signal.npy" }).innerText(), /NumPy · float32 · 3 × 1,000/);
    assert.match(await tree.locator("a", { hasText: "tone.wav" }).innerText(), /WAV · int16 · 2 channels · 8,000 Hz · 2\.0 s/);
    await page.getByLabel("Filter the files").fill("RUN e PART-3");
    await eventually("only those are shown", async () => await tree.locator("a").count() === 10);
    assert.match(await page.locator("#files").innerText(), /10 of \d+ files/);
    await page.getByLabel("Filter the files").fill("nothing of the kind");
    await page.locator(".outputs", { hasText: "No file matches" }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

test("a table is plotted in the page", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const { jobs } = await server.json("/jobs?q=files");
    await page.goto(`${server.url}/jobs/${jobs[0].id}`);
    const table = page.locator(".preview", { hasText: "curve.csv" });
    await table.getByRole("button", { name: "Plot" }).click();
    const canvas = table.locator("canvas");
    await eventually("a line is drawn", () => canvas.evaluate((element) => {
        const { data } = element.getContext("2d").getImageData(0, 0, element.width, element.height);
        const colours = new Set();
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) colours.add(`${data[at] >> 5},${data[at + 1] >> 5},${data[at + 2] >> 5}`);
        return colours.size > 1;
    }));
    assert.match(await table.locator(".u-legend").innerText(), /amplitude/);
    assert.deepEqual(faults, []);
    await context.close();
});

test("a data file is opened to its tree, and a dataset and an array are plotted", async () => {
    const written = "import sys, h5py, numpy as np\nwith h5py.File(sys.argv[1], 'w') as f:\n    f.create_dataset('eeg/signal', data=np.arange(3000.0).reshape(1000, 3), chunks=(100, 3), compression='gzip').attrs['units'] = 'uV'\n    f['name'] = 'study'\n";
    execFileSync("/usr/bin/python3", ["-c", written, join(folder.path, "made.h5")]);
    const h5 = readFileSync(join(folder.path, "made.h5")).toString("base64");
    const code = [
        "import base64, struct", `data = base64.b64decode("${h5}")`, "open('output/study.h5', 'wb').write(data)", "open('output/cut.h5', 'wb').write(data[:900])",
        "head = b\"{'descr': '<f8', 'fortran_order': False, 'shape': (50,), }\".ljust(117) + b'\\n'",
        "open('output/wave.npy', 'wb').write(b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head + struct.pack('<50d', *range(50)))",
    ].join("\n");
    for (const [locale, plot, cut, kind] of [["en-GB", "Plot", "cannot be shown here", "text"], ["pt-BR", "Gráfico", "não pode ser mostrado aqui", "texto"]]) {
        const { context, page, faults } = await openPage(browser, server, { locale, viewport: { width: 390, height: 844 } });
        await shown(page, `study-${locale}`, code, "succeeded");
        const file = (name) => page.locator(".data-file", { hasText: name });
        await file("study.h5").locator("summary").click();
        const row = page.locator('tr[data-path="eeg/signal"]');
        assert.match((await row.innerText()).replace(/\s+/g, " "), new RegExp(`^signal float64 1[.,\\s]?000 × 3 uV ${plot}$`));
        assert.match(await page.locator('tr[data-path="name"]').innerText(), new RegExp(`name\\s+${kind}`));
        await row.getByRole("button").click();
        await file("study.h5").locator(".plot canvas").waitFor();
        await file("wave.npy").locator("summary").click();
        await file("wave.npy").locator(".plot canvas").waitFor();
        await file("cut.h5").locator("summary").click();
        await file("cut.h5").getByText(cut).waitFor();
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "it scrolls sideways");
        if (process.env.NIAS_SHOTS) await page.screenshot({ path: join(process.env.NIAS_SHOTS, `data-${locale}.png`), fullPage: true });
        assert.deepEqual(faults, []);
        await context.close();
    }
});

test("a job that ran again shows each attempt with why it ended and what it printed", async () => {
    const code = "import os, time\nprint('these are the words of attempt', os.environ['NIAS_ATTEMPT'], flush=True)\nif os.environ['NIAS_ATTEMPT'] == '1': time.sleep(600)\n";
    const { context, page, faults } = await openPage(browser, server);
    const job = await shown(page, "twice", code, "running");
    await page.locator(".log", { hasText: "words of attempt 1" }).waitFor();
    assert.equal(await page.locator(".attempts").count(), 0, "one attempt is no list");
    process.kill(server.pidOf("worker"), "SIGKILL");
    await page.waitForSelector('.job-now [data-state="succeeded"]', { timeout: 90_000 });
    await page.locator(".log", { hasText: "words of attempt 2" }).waitFor();
    const first = page.locator('.attempts li[data-attempt="1"]');
    assert.match(await first.innerText(), /Attempt 1\s+Lost[\s\S]*restart/);
    assert.match(await page.locator('.attempts li[data-attempt="2"]').innerText(), /Attempt 2\s+Done\s+on /);
    await first.getByRole("button", { name: "Log of attempt 1" }).click();
    await first.locator("pre", { hasText: "these are the words of attempt 1" }).waitFor();
    assert.match(await (await page.request.get(`${server.url}${await first.locator("a").getAttribute("href")}`)).text(), /^these are the words of attempt 1$/m);
    await context.close();
    const portuguese = await openPage(browser, server, { locale: "pt-BR", viewport: { width: 320, height: 844 } });
    await portuguese.page.goto(`${server.url}/jobs/${job.id}`);
    await portuguese.page.locator(".attempts", { hasText: "reini" }).getByRole("button", { name: "Log da tentativa 1" }).click();
    await portuguese.page.locator(".attempt-log").waitFor();
    assert.ok(await portuguese.page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "it scrolls sideways");
    assert.deepEqual([...faults, ...portuguese.faults], []);
    await portuguese.context.close();
});

test("a job runs again with more memory from its page", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const job = await shown(page, "again", "print('hello')\n", "succeeded");
    await page.getByRole("button", { name: "Run again" }).click();
    await page.getByLabel("Memory (GiB)").fill("1.5");
    await page.getByRole("form", { name: "Run again" }).getByRole("button", { name: "Run again" }).click();
    await eventually("the page of the second job", () => /\/jobs\/[0-9a-f]{32}$/.test(page.url()) && !page.url().includes(job.id));
    await page.waitForSelector('.job-now [data-state="succeeded"]', { timeout: 90_000 });
    assert.equal((await server.json(`/jobs/${page.url().slice(-32)}`)).asked.memory_bytes, 1.5 * 2 ** 30);
    assert.match(await page.locator(".facts").innerText(), /of 1\.6 GB/);
    assert.deepEqual(faults, []);
    await context.close();
});

test("a job that no machine can take says why it waits, in words of the page's language", async () => {
    const { context, page } = await openPage(browser, server, { locale: "pt-BR" });
    const zip = zipOfTexts(folder.path, "matlab", { "code.m": "disp(1)\n", "nias.toml": 'runtime = "matlab"\n' });
    const job = await server.submit(zip, "matlab.zip");
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.locator(".notice", { hasText: "nenhuma máquina oferece matlab" }).waitFor();
    await context.close();
});

test("many jobs are cancelled at once, and the list of results is in its address", async () => {
    const { context, page, faults } = await openPage(browser, server);
    const slow = "import time\ntime.sleep(600)\n";
    const jobs = [];
    for (let at = 0; at < 3; at += 1) jobs.push(await server.submit(zipOfTexts(folder.path, `many-${at}`, { "code.py": slow }), `many-${at}.zip`));
    await page.goto(`${server.url}/results?q=many`);
    assert.equal(await page.getByLabel("Search by name").inputValue(), "many");
    await eventually("only those are listed", async () => await page.locator("tbody tr").count() === 3);
    for (const { name } of jobs) await page.getByLabel(`Select ${name}`).check();
    await page.getByRole("button", { name: "Cancel 3 jobs" }).click();
    await page.getByRole("button", { name: "Yes, cancel it" }).click();
    await eventually("all are cancelled", async () => await page.locator('tbody [data-state="cancelled"]').count() === 3);
    await page.getByRole("button", { name: "Cancelled", exact: true }).click();
    await eventually("the address says so", () => page.url().endsWith("/results?state=cancelled&q=many"));
    await page.locator("tbody a", { hasText: "many-1" }).click();
    await page.waitForURL(/\/jobs\//);
    await page.goBack();
    await eventually("the same list is back", async () => await page.locator("tbody tr").count() === 3);
    assert.deepEqual(faults, []);
    await context.close();
});

test("a failed job says in its row why", async () => {
    const { context, page } = await openPage(browser, server, { locale: "pt-BR" });
    await page.goto(`${server.url}/results?state=failed`);
    await page.locator("tr", { hasText: "deep-pt-BR" }).locator(".col-wrong", { hasText: "terminou com o código 1: json" }).waitFor();
    await context.close();
});

test("a long log is searched whole, sounds are heard, and archives of arrays say what they hold", async () => {
    const code = `import os, struct, wave, zipfile
print('error: the first of all')
for i in range(120_000): print('line', i, 'of many')
os.makedirs('output', exist_ok=True)
with wave.open('output/tone.wav', 'wb') as sound:
    sound.setnchannels(1); sound.setsampwidth(2); sound.setframerate(8000)
    sound.writeframes(struct.pack('<8000h', *[(i * 997) % 20000 for i in range(8000)]))
head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (7, 3), }\\n"
npy = b'\\x93NUMPY\\x01\\x00' + struct.pack('<H', len(head)) + head + bytes(168)
with zipfile.ZipFile('output/study.npz', 'w', zipfile.ZIP_DEFLATED) as archive: archive.writestr('spectra.npy', npy)
raise SystemExit('error: and the last')
`;
    const { context, page, faults } = await openPage(browser, server);
    await shown(page, "long", code, "failed");
    await page.locator(".log-cut").waitFor();
    await page.getByLabel("Find in the log").fill("LINE 17 of");
    await page.locator(".log-found", { hasText: "1 of 120,002 lines in the whole log" }).waitFor();
    await page.locator(".log-found button", { hasText: "line 17 of many" }).click();
    await page.locator(".log-around", { hasText: "line 16 of many" }).waitFor();
    await page.getByLabel("Find in the log").fill("");
    await page.getByRole("button", { name: "First error" }).click();
    await page.locator(".log-found", { hasText: "The first error of the whole log is in line 1." }).waitFor();
    await page.locator(".log-around", { hasText: "error: the first of all" }).waitFor();
    await page.locator(".files", { hasText: "NumPy · spectra float64 7 × 3" }).waitFor();
    await eventually("the sound has a length", () => page.locator("audio").evaluate((audio) => Math.abs(audio.duration - 1) < 0.01));
    await page.locator("audio").evaluate((audio) => { audio.currentTime = 0.9; });
    await eventually("it is played from a place within", () => page.locator("audio").evaluate((audio) => !audio.seeking && audio.currentTime > 0.85));
    assert.deepEqual(faults, []);
    if (process.env.NIAS_SHOTS) await page.screenshot({ path: `${process.env.NIAS_SHOTS}/job-long.png`, fullPage: true });
    await context.close();
});
