// Whether everybody can reach everything: axe on every page in both looks and languages, a telephone's width, targets
// for fingers, the keyboard, and how much a first visit has to wait for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { eventually, launchBrowser, openPage, scratch, Server, zipOfTexts } from "./harness.mjs";

const kAxe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const kFirstLoadBytes = 40_000;
const folder = scratch();
let server;
let browser;
let signedIn;
const jobs = {};

before(async () => {
    browser = await launchBrowser();
    server = await Server.start(folder.path, { args: ["--accounts", "on"] });
    const { context, page } = await openPage(browser, server);
    const link = readFileSync(join(server.data, "run", "setup-link"), "utf8").trim();
    const joined = await page.request.post(`${server.url}/api/v1/invitations/accept`, { data: { invitation: link.split("#")[1], name: "root", password: "correct horse battery" } });
    assert.equal(joined.status(), 201);
    const programs = {
        done: "import os\nos.makedirs('output', exist_ok=True)\nopen('output/t.csv', 'w').write('t,x\\n0,1\\n1,3\\n2,2\\n')\nprint('line\\n' * 30)\n",
        fails: "print('begins')\nraise ValueError('the electrode is loose')\n", runs: "import time\nprint('goes on', flush=True)\nwhile True: time.sleep(0.1)\n",
    };
    for (const [name, program] of Object.entries(programs)) {
        const sent = await page.request.post(`${server.url}/api/v1/jobs`, { data: readFileSync(zipOfTexts(folder.path, name, { "code.py": program })), headers: { "Content-Type": "application/zip" } });
        jobs[name] = (await sent.json()).id;
    }
    const ended = async (id) => (await (await page.request.get(`${server.url}/api/v1/jobs/${id}`)).json()).outcome;
    await eventually("two jobs have ended", async () => await ended(jobs.done) && await ended(jobs.fails), 120_000);
    signedIn = await context.storageState();
    await context.close();
});
after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
});

const kInside = () => ["/", "/upload", "/results", "/results?q=nothing-of-that-name", `/jobs/${jobs.done}`, `/jobs/${jobs.fails}`, `/jobs/${jobs.runs}`, "/queue", "/machines", "/account", "/users",
    "/no-such-page", `/jobs/${"0".repeat(32)}`];
const kOutside = ["/", "/welcome#nothing"];

/// The page as somebody finds it who waits until it has come.
async function whole(page, path) {
    await page.goto("about:blank");
    await page.goto(server.url + path);
    await page.locator("h1").first().waitFor();
    await eventually(`${path} is loaded`, async () => await page.locator("main .loading").count() === 0);
}

/// The serious findings, each with the elements that it is about.
async function judged(page, path) {
    await page.evaluate(kAxe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    return violations.filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${path}: ${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary?.split("\n")[1] ?? ""}`).join(" | ")}`);
}

/// Controls that a finger misses: smaller than 24 pixels either way, but for links within a sentence.
function smallTargets(page) {
    return page.evaluate(() => Array.from(document.querySelectorAll("a, button, input, select, summary, [role=button]")).filter((each) => {
        const { width, height } = each.getBoundingClientRect();
        const shown = each.getClientRects().length > 0 && width > 1 && height > 1 && getComputedStyle(each).opacity !== "0";
        const inSentence = each.tagName === "A" && each.parentElement.matches("p, dd, td, li, span") && getComputedStyle(each).display === "inline";
        return shown && !inSentence && Math.min(width, height) < (each.type === "checkbox" || each.type === "radio" ? 18 : 24);
    }).map((each) => `${each.outerHTML.slice(0, 140)} ${JSON.stringify(each.getBoundingClientRect())}`));
}

for (const [width, locale, colorScheme] of [[1280, "en-GB", "dark"], [390, "en-GB", "light"], [320, "pt-BR", "dark"], [1280, "pt-BR", "light"]]) {
    test(`every page is reachable at ${width} pixels, ${locale}, ${colorScheme}: axe, targets, no sideways scrolling`, async () => {
        const wrong = [];
        const options = { viewport: { width, height: 844 }, locale, colorScheme, reducedMotion: "reduce" };
        for (const [paths, state] of [[kInside(), signedIn], [kOutside, undefined]]) {
            const { context, page } = await openPage(browser, server, { ...options, storageState: state });
            for (const path of paths) {
                await whole(page, path);
                if (!await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)) wrong.push(`${path} scrolls sideways`);
                wrong.push(...await judged(page, path), ...(await smallTargets(page)).map((each) => `${path} is small: ${each}`));
                if (process.env.NIAS_SHOTS) await page.screenshot({ path: join(process.env.NIAS_SHOTS, `${(state ? "in" : "out") + path.replace(/\W+/g, "-")}-${width}-${locale}.png`), fullPage: true });
            }
            await context.close();
        }
        assert.deepEqual(wrong, []);
    });
}

test("a first visit waits for at most 40 kB, compressed by the server", async () => {
    const { context, page } = await openPage(browser, server, { storageState: signedIn });
    const loaded = [];
    page.on("response", (response) => {
        if (!response.url().includes("/api/")) loaded.push(response);
    });
    await whole(page, "/");
    let bytes = 0;
    for (const response of loaded) {
        const body = await response.body();
        const packed = gzipSync(body, { level: 9 }).length;
        if (packed < body.length) assert.equal(response.headers()["content-encoding"], "gzip", response.url());
        bytes += Math.min(packed, body.length);
    }
    assert.ok(loaded.length > 5, "nothing was loaded");
    assert.ok(bytes <= kFirstLoadBytes, `${bytes} bytes in ${loaded.length} files`);
    await context.close();
});

test("the keyboard alone searches, walks a list, opens a job, goes up and shows its keys", async () => {
    const { context, page, faults } = await openPage(browser, server, { storageState: signedIn });
    await whole(page, "/queue");
    await page.keyboard.press("/");
    await page.locator('input[type="search"]:focus').waitFor();
    await page.keyboard.type("/fails");
    assert.equal(await page.getByRole("searchbox").inputValue(), "/fails", "a key that was typed did something else");
    await page.getByRole("searchbox").fill("");
    await eventually("all are listed", async () => await page.locator("tr[data-job]").count() === 3);
    await page.locator("h1").click();
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press("j");
    const first = await focused();
    await page.keyboard.press("j");
    const second = await focused();
    assert.notEqual(first, second);
    await page.keyboard.press("k");
    assert.equal(await focused(), first);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: first }).waitFor();
    await page.keyboard.press("u");
    await page.getByRole("heading", { name: "Results" }).waitFor();
    await page.keyboard.press("u");
    await page.waitForURL(`${server.url}/`);
    await page.keyboard.press("?");
    await page.locator("dialog[open]", { hasText: "next job in the list" }).waitFor();
    assert.deepEqual(await judged(page, "the help"), []);
    await page.getByLabel("Use these keys").uncheck();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    assert.equal(new URL(page.url()).pathname, "/", "a key that was switched off did something");
    assert.deepEqual(faults, []);
    await context.close();
});
