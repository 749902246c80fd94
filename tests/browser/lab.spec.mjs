// The pages of the lab itself: its machines as everybody sees them, and as an administrator orders them about.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, openPage, scratch, Server, zipOfTexts } from "./harness.mjs";

const folder = scratch();
const kPassword = "correct horse battery";
let server;
let browser;
const people = {}; // the state of each one's context, with its cookie

/// Uses a link by the API, and keeps the cookie.
async function becomes(name, link) {
    const { context, page } = await openPage(browser, server);
    const answer = await page.request.post(`${server.url}/api/v1/invitations/accept`, { data: { invitation: link.split("#")[1], name, password: kPassword } });
    assert.equal(answer.status(), 201, await answer.text());
    people[name] = await context.storageState();
    await context.close();
}

const as = (name, options = {}) => openPage(browser, server, { storageState: people[name], ...options });

before(async () => {
    browser = await launchBrowser();
    server = await Server.start(folder.path, { args: ["--accounts", "on"] });
    await becomes("root", readFileSync(join(server.data, "run", "setup-link"), "utf8").trim());
    const root = await as("root");
    for (const name of ["ana", "bob"]) {
        const made = await (await root.page.request.post(`${server.url}/api/v1/invitations`, { data: { role: "researcher", note: name } })).json();
        await becomes(name, made.path);
    }
    await root.context.close();
});
after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
});

async function send(page, name, program) {
    const answer = await page.request.post(`${server.url}/api/v1/jobs`, {
        data: readFileSync(zipOfTexts(folder.path, name, { "code.py": program })), headers: { "Content-Type": "application/zip", "X-Filename": `${name}.zip` },
    });
    assert.equal(answer.status(), 201, await answer.text());
    return answer.json();
}

const kRunsOn = "import time\nwhile True: time.sleep(0.1)\n";
const cancel = async (page, job) => assert.equal((await page.request.post(`${server.url}/api/v1/jobs/${job.id}/cancel`)).status(), 202);

test("a machine shows what it has and does, one's own jobs by name and those of others as a count", async () => {
    const ana = await as("ana");
    const bob = await as("bob");
    for (const { page } of [ana, bob]) {
        await page.goto(`${server.url}/machines`);
        await page.locator('.machine[data-state="ready"]', { hasText: "0 of 2 slots in use" }).waitFor();
    }
    const shown = await ana.page.locator(".machine").innerText();
    for (const part of [/Memory\n[\d.]+ GB/, /Load\n\d+\.\d\d of \d+ processor/, /Runs\n.*python/, /Version\n\S+/, /on the server's machine/, /a job by default: 24 h/]) {
        assert.match(shown, part);
    }
    assert.equal(await ana.page.getByRole("button", { name: /Pause/ }).count(), 0, "a researcher is offered orders");
    const job = await send(ana.page, "secret-study", kRunsOn);
    await ana.page.locator(".machine-runs a", { hasText: "secret-study" }).waitFor();
    await ana.page.locator(".machine", { hasText: "1 of 2 slots in use" }).waitFor();
    await bob.page.locator(".machine-runs", { hasText: "1 job of somebody else" }).waitFor();
    assert.doesNotMatch(await bob.page.locator("body").innerText(), /secret-study/);
    await ana.page.locator(".machine-runs a").click();
    await ana.page.getByRole("heading", { name: "secret-study" }).waitFor();
    await cancel(ana.page, job);
    await bob.page.locator(".machine", { hasText: "0 of 2 slots in use" }).waitFor();
    assert.deepEqual([...ana.faults, ...bob.faults], []);
    for (const each of [ana, bob]) await each.context.close();
});

test("an administrator pauses, drains and resumes a machine, and everybody sees why", async () => {
    const root = await as("root");
    const ana = await as("ana", { locale: "pt-BR" });
    for (const { page } of [root, ana]) await page.goto(`${server.url}/machines`);
    await root.page.getByRole("button", { name: /^Pause/ }).click();
    await root.page.getByRole("button", { name: "Not now" }).click();
    assert.equal(await root.page.locator(".machine-ask").count(), 0);
    await root.page.getByRole("button", { name: /^Pause/ }).click();
    await root.page.getByLabel("Why?").fill("new <b>disks</b>");
    await root.page.locator(".machine-ask .button-main").click();
    await root.page.locator('.machine[data-state="paused"]', { hasText: "an administrator paused it: new <b>disks</b>" }).waitFor();
    await ana.page.locator('.machine[data-state="paused"]', { hasText: "um administrador a suspendeu: new <b>disks</b>" }).waitFor();
    await ana.page.getByText("Suspensa").waitFor();
    assert.equal(await ana.page.locator(".machine b").count(), 0, "a reason was taken for HTML");
    await root.page.getByRole("button", { name: /^Drain/ }).click();
    await root.page.locator(".machine-ask .button-main").click();
    await ana.page.locator('.machine[data-state="draining"]', { hasText: "um administrador a está esvaziando" }).waitFor();
    await root.page.getByRole("button", { name: /^Resume/ }).click();
    await root.page.locator(".machine-ask .button-main").click();
    await ana.page.locator('.machine[data-state="ready"]').waitFor();
    assert.deepEqual([...root.faults, ...ana.faults], []);
    for (const each of [root, ana]) await each.context.close();
});

test("the machines stay while the server is away, and are fresh again by themselves", async () => {
    const { context, page } = await as("ana");
    await page.goto(`${server.url}/machines`);
    await page.locator(".machine").waitFor();
    await context.setOffline(true);
    await page.locator(".connection", { hasText: "No connection to the server since" }).waitFor();
    assert.equal(await page.locator(".machine").count(), 1, "what was known is gone");
    await context.setOffline(false);
    await page.locator(".connection p").waitFor({ state: "detached" });
    await page.locator(".machines:not(.is-stale)").waitFor();
    await context.close();
});

test("the queue shows its numbers and curves live, one's own jobs with why they wait, and others as a count", async () => {
    const ana = await as("ana");
    const bob = await as("bob", { locale: "pt-BR" });
    for (const { page } of [ana, bob]) await page.goto(`${server.url}/queue`);
    await ana.page.getByText("Nobody waits").waitFor();
    const jobs = [];
    for (const name of ["fills-one", "fills-two"]) jobs.push(await send(ana.page, name, kRunsOn));
    const number = (page, name, count) => page.locator(`[data-number="${name}"]`, { hasText: new RegExp(`^${count}$`) }).waitFor();
    await number(bob.page, "unacknowledged", 2);
    jobs.push(await send(ana.page, "waits-first", kRunsOn), await send(ana.page, "waits-second", kRunsOn));
    await number(bob.page, "ready", 2);
    await number(bob.page, "total", 4);
    const row = ana.page.locator(".waiting-list li", { hasText: "waits-first" });
    await row.getByText("next in line").first().waitFor();
    assert.match(await row.locator(".hint").first().innerText(), /waits for a free worker|until 1 cpu/);
    await ana.page.locator(".waiting-list li", { hasText: "waits-second" }).waitFor();
    await bob.page.getByText("2 trabalhos de outras pessoas também esperam.").waitFor();
    assert.doesNotMatch(await bob.page.locator("body").innerText(), /waits-first/);
    await bob.page.locator(".curves canvas").waitFor();
    await eventually("the curve has what waits", async () => {
        await bob.page.reload();
        return /no máximo 2 na fila e 2 nas máquinas/.test(await bob.page.locator(".curves").getAttribute("aria-label"));
    });
    for (const span of ["1 dia", "7 dias", "1 hora"]) {
        await bob.page.getByRole("button", { name: span }).click();
        await bob.page.locator(".curves canvas").waitFor();
    }
    if (process.env.NIAS_SHOTS) await ana.page.screenshot({ path: join(process.env.NIAS_SHOTS, "queue-waiting.png"), fullPage: true });
    for (const job of jobs) await cancel(ana.page, job);
    await ana.page.getByText("Nobody waits").waitFor();
    assert.deepEqual([...ana.faults, ...bob.faults], []);
    for (const each of [ana, bob]) await each.context.close();
});

for (const width of [1280, 390, 320]) {
    for (const [locale, colorScheme] of [["en-GB", "light"], ["pt-BR", "dark"]]) {
        test(`the pages of the lab fit ${width} pixels in ${locale}`, async () => {
            const { context, page, faults } = await as("root", { viewport: { width, height: 844 }, locale, colorScheme });
            const fits = async (name) => {
                assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} scrolls sideways`);
                const small = await page.evaluate(() => Array.from(document.querySelectorAll("main a, main button, main input, main summary"))
                    .filter((each) => each.getClientRects().length > 0 && Math.min(each.getBoundingClientRect().height, each.getBoundingClientRect().width) < 24).map((each) => each.outerHTML));
                assert.deepEqual(small, [], `${name} has targets of less than 24 pixels`);
                if (process.env.NIAS_SHOTS) await page.screenshot({ path: join(process.env.NIAS_SHOTS, `${name}-${width}-${locale}.png`), fullPage: true });
            };
            await page.goto(`${server.url}/machines`);
            await page.locator(".machine-orders button").last().click();
            await page.locator(".machine-ask").waitFor();
            await fits("machines");
            await page.goto(`${server.url}/queue`);
            await page.locator(".curves canvas").waitFor();
            await page.locator(".empty, .waiting-list").first().waitFor();
            await fits("queue");
            assert.deepEqual(faults, []);
            await context.close();
        });
    }
}
