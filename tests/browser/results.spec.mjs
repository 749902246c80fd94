// The list of results as its readers use it: sorted, searched, left and come back to; and what every page says while
// the server is away.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, openPage, scratch, Server, zipOfTexts } from "./harness.mjs";

const folder = scratch();
const kJobs = 60; // more than a page of the list
let server;
let browser;

before(async () => {
    browser = await launchBrowser();
    server = await Server.start(folder.path);
    const zip = zipOfTexts(folder.path, "quick", { "code.py": "import os\nos.makedirs('output', exist_ok=True)\nopen('output/a.txt', 'w').write('x' * 5000)\n" });
    const bad = zipOfTexts(folder.path, "Análise de Ruído", { "code.py": "raise ValueError('the electrode is loose')\n" });
    const ids = [];
    for (const [file, name] of [[bad, "Análise de Ruído.zip"], [zip, "quick.zip"]]) ids.push((await server.submit(file, name)).id);
    await eventually("two jobs have ended", async () => (await server.json("/queue")).ended === 2, 120_000);
    const again = (id) => fetch(`${server.url}/api/v1/jobs/${id}/rerun`, { method: "POST" });
    for (let at = 2; at < kJobs; at += 1) assert.equal((await again(ids[1])).status, 201);
});
after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
});

const names = (page) => page.locator(".col-name a").allInnerTexts();
const rows = (page) => page.locator("tr[data-job]");

test("the list is found again as it was left: its rows, its place, its filters", async () => {
    const { context, page, faults } = await openPage(browser, server, { viewport: { width: 1000, height: 700 } });
    await page.goto(`${server.url}/results`);
    await page.getByRole("button", { name: "Show older jobs" }).click();
    await eventually("all jobs are shown", async () => await rows(page).count() === kJobs);
    const wanted = rows(page).nth(kJobs - 3);
    await wanted.scrollIntoViewIfNeeded();
    const y = await eventually("the place is kept", () => page.evaluate(() => (history.state?.y > 0 && Math.abs(history.state.y - scrollY) < 2 ? history.state.y : 0)));
    await wanted.locator(".col-name a").click();
    await page.locator(".job-now").waitFor();
    assert.equal(await page.evaluate(() => scrollY), 0, "a page that is opened begins at its top");
    await page.goBack();
    await eventually("the list is where it was", async () => Math.abs(await page.evaluate(() => scrollY) - y) < 4);
    assert.equal(await rows(page).count(), kJobs, "the older jobs are gone");

    await page.getByRole("button", { name: "Failed", exact: true }).click();
    await page.getByRole("button", { name: /^Took/ }).click();
    await eventually("the address has it", () => /state=failed&sort=-took/.test(page.url()));
    await page.locator(".col-name a").first().click();
    await page.locator(".job-now").waitFor();
    await page.goBack();
    await eventually("one job is shown", async () => await rows(page).count() === 1);
    assert.equal(await page.getByRole("button", { name: "Failed", exact: true }).getAttribute("aria-pressed"), "true");
    await page.reload();
    await eventually("one job is shown", async () => await rows(page).count() === 1);
    await page.locator("nav").getByRole("link", { name: "Results" }).click();
    await eventually("the link shows all", async () => await rows(page).count() > 10);
    assert.deepEqual(faults, []);
    await context.close();
});

test("a search minds neither capitals nor accents, and a failed job says its first words in the row", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await page.goto(`${server.url}/results`);
    for (const typed of ["analise de ruido", "RUÍDO", "ánÁlise"]) {
        await page.getByRole("searchbox").fill(typed);
        await eventually(`${typed} is found`, async () => JSON.stringify(await names(page)) === '["Análise de Ruído"]');
    }
    await page.locator(".col-wrong", { hasText: "the electrode is loose" }).waitFor();
    assert.deepEqual(faults, []);
    await context.close();
});

test("columns sort, by mouse and on a telephone, and say so", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await page.goto(`${server.url}/results`);
    await page.getByRole("button", { name: "Show older jobs" }).click();
    await eventually("all jobs are shown", async () => await rows(page).count() === kJobs);
    await page.getByRole("button", { name: /^Job/ }).click();
    assert.equal((await names(page))[0], "Análise de Ruído");
    assert.equal(await page.locator("th", { hasText: "Job" }).getAttribute("aria-sort"), "ascending");
    await page.getByRole("button", { name: /^Job/ }).click();
    assert.equal((await names(page)).at(-1), "Análise de Ruído");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByLabel("Sort by").selectOption("name");
    assert.equal((await names(page))[0], "Análise de Ruído");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
    if (process.env.NIAS_SHOTS) {
        await page.screenshot({ path: join(process.env.NIAS_SHOTS, "results-390.png") });
        await page.setViewportSize({ width: 1280, height: 844 });
        await page.screenshot({ path: join(process.env.NIAS_SHOTS, "results-1280.png") });
    }
    assert.deepEqual(faults, []);
    await context.close();
});

test("every page says once that the server is away, its clocks stand still, and all of it is over when it is back", async () => {
    const { context, page } = await openPage(browser, server);
    const job = await server.submit(zipOfTexts(folder.path, "goes-on", { "code.py": "import time\nprint('began', flush=True)\nwhile True: time.sleep(0.1)\n" }), "goes-on");
    await page.goto(`${server.url}/jobs/${job.id}`);
    await page.locator('.job-now [data-state="running"]').waitFor({ timeout: 90_000 });
    await context.setOffline(true);
    await page.locator(".connection", { hasText: "No connection to the server since" }).waitFor();
    const times = () => page.locator(".timeline").innerText();
    const stood = await times();
    await page.getByRole("button", { name: "Cancel the job" }).click();
    await page.getByRole("button", { name: "Yes, cancel it" }).click();
    await page.getByRole("button", { name: "Cancel the job" }).waitFor(); // it could not be asked for
    await page.locator("nav").getByRole("link", { name: "Results" }).click();
    await page.locator(".connection p").waitFor();
    assert.equal(await page.locator(".notice-bad").count(), 0, "it is said twice");
    await page.goBack();
    await page.locator(".connection p").waitFor();
    await context.setOffline(false);
    await page.locator(".connection p").waitFor({ state: "detached" });
    await eventually("the clock goes on", async () => await times() !== stood);
    assert.equal(await page.locator(".notice-bad").count(), 0, "an error stayed that is over");
    await page.locator(".log", { hasText: "began" }).waitFor();
    await page.request.post(`${server.url}/api/v1/jobs/${job.id}/cancel`);
    await page.locator('.job-now [data-state="cancelled"]').waitFor();
    await context.close();
});

test("a tab that nobody looks at shows in its title and icon how the job stands", async () => {
    const { context, page } = await openPage(browser, server);
    // A headless browser shows every tab, so the page is told what a hidden one is told.
    await page.addInitScript(() => {
        Object.defineProperty(document, "hidden", { get: () => window.isHidden === true });
    });
    const job = await server.submit(zipOfTexts(folder.path, "watched", { "code.py": "import time\nwhile True: time.sleep(0.1)\n" }), "watched");
    await page.goto(`${server.url}/jobs/${job.id}`);
    await eventually("the title says that it runs", async () => /^▶ watched · Running/.test(await page.title()));
    const icon = () => page.locator('link[rel="icon"]').getAttribute("href");
    const whileRunning = await icon();
    assert.match(whileRunning, /^data:image\/svg/);
    await page.evaluate(() => {
        window.isHidden = true;
        document.dispatchEvent(new Event("visibilitychange"));
    });
    await page.request.post(`${server.url}/api/v1/jobs/${job.id}/cancel`);
    await eventually("the title says that it was cancelled", async () => /^✗ watched · Cancelled/.test(await page.title()));
    assert.notEqual(await icon(), whileRunning);
    await context.close();
});

test("the browser tells of the end of a job to whoever asked for it, and asks for its leave only then", async () => {
    const { context, page, faults } = await openPage(browser, server);
    await context.grantPermissions(["notifications"], { origin: server.url });
    await page.addInitScript(() => {
        window.told = [];
        window.asked = 0;
        const ask = Notification.requestPermission.bind(Notification);
        window.Notification = class extends Notification {
            constructor(title, options) {
                super(title, options);
                window.told.push(`${title} ${options.body}`);
            }
            static requestPermission() {
                window.asked += 1;
                return ask();
            }
        };
    });
    const job = await server.submit(zipOfTexts(folder.path, "tells", { "code.py": "import time\nwhile True: time.sleep(0.1)\n" }), "tells");
    await page.goto(`${server.url}/jobs/${job.id}`);
    const button = page.getByRole("button", { name: "Tell me when it ends" });
    await button.waitFor();
    assert.equal(await page.evaluate(() => window.asked), 0, "the leave was asked for before anybody wished it");
    await button.click();
    await page.locator('button[aria-pressed="true"]', { hasText: "Tell me when it ends" }).waitFor();
    await page.reload();
    await page.locator('button[aria-pressed="true"]', { hasText: "Tell me when it ends" }).waitFor();
    await page.locator("nav").getByRole("link", { name: "Results" }).click();
    await page.request.post(`${server.url}/api/v1/jobs/${job.id}/cancel`);
    await eventually("it is told", async () => (await page.evaluate(() => window.told)).length === 1);
    assert.deepEqual(await page.evaluate(() => window.told), ["tells: Cancelled It was cancelled."]);
    assert.equal(await page.evaluate(() => localStorage.getItem("nias.told")), "[]");
    assert.deepEqual(faults, []);
    await context.close();
});
