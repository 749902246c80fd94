// Arrays and trials on the pages: sent from the upload page, shown as one job, run again in part.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, openPage, scratch, Server, zipOfTexts } from "./harness.mjs";

const folder = scratch();
const kSweep = "import os, sys\nindex = os.environ['NIAS_ARRAY_INDEX']\nopen('output/' + index, 'w').write(index)\nif index == '4': sys.exit('subject 4 has no signal')\n";
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

/// Chooses a zip on the upload page with what is asked beside it, and opens the job.
async function send(page, zip, asks) {
    await page.goto(`${server.url}/upload`);
    await page.locator(".how-to-run summary").click();
    await asks(page.locator(".how-to-run"));
    await page.locator(".drop-input").setInputFiles(zip);
    await page.locator(".upload-accepted .button").click();
    await page.waitForSelector("article.job");
}

test("an array that is sent from the page is one job, with its members in a grid and a table", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await send(page, zipOfTexts(folder.path, "sweep", { "code.py": kSweep }), (asks) => asks.locator("input[name=array]").fill("2-6:2"));
    await page.waitForSelector('.job-now [data-state="failed"]', { timeout: 90_000 });
    assert.match(await page.locator(".job-now").innerText(), /array · 3/);
    await eventually("all have ended", async () => (await page.locator(".members [role=status]").innerText()) === "3 of 3 have ended");
    await eventually("the grid shows their ends", async () => (await page.locator(".cell.cell-succeeded").count()) === 2 && (await page.locator(".cell.cell-failed").count()) === 1);
    const nameless = await page.evaluate(() => Array.from(document.querySelectorAll("a, button, input"))
        .filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim())).length);
    assert.equal(nameless, 0, "each control has a name");
    await page.getByRole("button", { name: "Failed 1" }).click();
    await eventually("one failed", async () => (await page.locator(".members-table tbody tr").count()) === 1);
    assert.match(await page.locator(".members-table tbody tr").innerText(), /4[\s\S]*subject 4 has no signal/);
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download all, a folder each" }).click();
    assert.match((await download).suggestedFilename(), /^sweep-output\.zip$/);
    const whole = page.url();
    await page.locator(".members-table a").first().click();
    await page.waitForSelector(".log-card");
    assert.match(await page.locator("h1").innerText(), /Member 4/);
    await page.getByRole("link", { name: "To the whole array" }).click();
    await page.waitForSelector(".members");
    assert.equal(page.url(), whole);
    for (const width of [320, 390]) {
        await page.setViewportSize({ width, height: 800 });
        await page.reload();
        await page.waitForSelector(".members .cell");
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `it scrolls sideways at ${width} pixels`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.locator(".undo-bar").getByRole("button", { name: "Bring it back" }).click();
    await page.locator(".undo-bar").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Run the failed one again" }).click();
    await eventually("another array", async () => page.url() !== whole);
    await eventually("of one member", async () => /array · 1/.test(await page.locator(".job-now").innerText()));
    await page.goto(`${server.url}/results`);
    await eventually("two rows", async () => (await page.locator("table.jobs tbody tr").count()) === 2);
    assert.match(await page.locator("table.jobs tbody tr").last().innerText(), /3 of 3 have ended · 1 Failed/);
    assert.deepEqual(faults, []);
    await context.close();
});

test("ten thousand members are shown without ten thousand elements, and cancelled as one", async () => {
    const { context, page, faults } = await openPage(browser, server, { locale: "pt-BR" });
    const zip = zipOfTexts(folder.path, "many", { "code.py": "import time\ntime.sleep(300)\n", "nias.toml": 'array = "1-10000"\n' });
    const job = await server.submit(zip, "many.zip");
    const begun = performance.now();
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.waitForSelector(".members .cell");
    assert.ok(performance.now() - begun < 10_000, "the page is quick");
    assert.ok(await page.locator(".cell").count() < 4000);
    assert.equal(await page.locator(".members h2").innerText(), "Membros");
    await page.locator(".members-grid").evaluate((grid) => grid.scrollTo(0, grid.scrollHeight));
    await eventually("the last one comes into sight", async () => (await page.locator('.cell[title^="10000:"]').count()) === 1);
    await page.goto(`${server.url}/queue`);
    const row = page.locator(".waiting-list li[data-job]");
    await row.getByRole("button", { name: /9\.?998 de 10\.?000 esperam/ }).click();
    await row.locator(".waiting-members a").nth(99).waitFor();
    assert.equal(await row.count(), 1, "an array is one row");
    await row.getByRole("button", { name: "Mostrar mais membros" }).click();
    await row.locator(".waiting-members a").nth(199).waitFor();
    await page.goto(`${server.url}/machines`);
    await page.locator(".machine-runs li", { hasText: /many\s*·\s*2 membros/ }).waitFor();
    assert.doesNotMatch(await page.locator(".machine").innerText(), /outra/, "one's own members are nobody else's");
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.getByRole("button", { name: "Cancelar o trabalho" }).click();
    await page.getByRole("button", { name: "Sim, cancelar" }).click();
    await page.waitForSelector('.job-now [data-state="cancelled"]', { timeout: 60_000 });
    await eventually("all have ended", async () => (await page.locator(".members [role=status]").innerText()) === "10.000 de 10.000 terminaram");
    assert.deepEqual(faults, []);
    await context.close();
});

test("a trial is marked as one, and becomes the run that it tried", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await send(page, zipOfTexts(folder.path, "careful", { "code.py": "import os\nprint('trial', os.environ.get('NIAS_TRIAL'))\n" }), (asks) => asks.locator("input[name=trial]").check());
    await page.waitForSelector('.job-now [data-state="succeeded"]', { timeout: 90_000 });
    assert.match(await page.locator(".job-title").innerText(), /trial[\s\S]*at most a minute/);
    await eventually("its log", async () => /trial 1/.test(await page.locator(".log").innerText()));
    const trial = page.url();
    await page.getByRole("button", { name: "Run it for real" }).click();
    await page.locator(".again button[type=submit]").click();
    await eventually("another job", async () => page.url() !== trial);
    await page.waitForSelector('.job-now [data-state="succeeded"]', { timeout: 90_000 });
    await eventually("no trial any more", async () => /trial None/.test(await page.locator(".log").innerText()));
    assert.deepEqual(faults, []);
    await context.close();
});
