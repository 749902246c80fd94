// The lab's acceptance run: five jobs at once on two slots. Each writes its number as a picture and sleeps;
// NIAS_FULL=1 leaves them their 30 s.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, namesIn, openPage, root, scratch, Server, zipOf } from "./harness.mjs";

const kSlots = 2;
const kNumbers = [1, 2, 3, 4, 5];
const kShortSleepS = 3;

const folder = scratch();
let server;
let browser;

before(async () => {
    browser = await launchBrowser();
    server = await Server.start(folder.path, { slots: kSlots });
});
after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
});

function shortened(job) {
    if (process.env.NIAS_FULL === "1") return;
    const path = join(job, "code.py");
    const code = readFileSync(path, "utf8");
    const patched = code.replace(/^SLEEP_S = .*$/m, `SLEEP_S = ${kShortSleepS}`);
    assert.notEqual(patched, code, "the constant that is made smaller is there");
    writeFileSync(path, patched);
}

/// The most jobs that ran at one time.
function mostAtOnce(jobs) {
    const changes = jobs.flatMap((job) => [[job.started_ms, 1], [job.ended_ms, -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    let running = 0;
    return changes.reduce((most, [, change]) => {
        running += change;
        return Math.max(most, running);
    }, 0);
}

test("five jobs sent at once run two at a time, and all five results are listed and downloaded", async () => {
    const zips = kNumbers.map((number) => zipOf(folder.path, join(root, `examples/jobs/number-${number}`), shortened));
    const { context, page, faults } = await openPage(browser, server);
    await page.goto(`${server.url}/upload`);
    await page.setInputFiles("input[type=file]", zips);
    await eventually("all five are accepted", async () => await page.locator(".upload-accepted").count() === kNumbers.length);
    await page.getByRole("link", { name: "Results" }).click();

    let mostShown = 0;
    await eventually("all five have succeeded", async () => {
        const states = await page.locator("tbody [data-state]").evaluateAll((all) => all.map((each) => each.dataset.state));
        mostShown = Math.max(mostShown, states.filter((state) => state === "running").length);
        assert.ok(!states.some((state) => ["failed", "lost", "timed_out", "cancelled"].includes(state)), states.join());
        return states.filter((state) => state === "succeeded").length === kNumbers.length;
    }, 200_000);
    assert.ok(mostShown >= 1 && mostShown <= kSlots, `${mostShown} shown running at once`);

    const { jobs } = await server.json("/jobs");
    assert.deepEqual(jobs.map((job) => job.name).sort(), kNumbers.map((number) => `number-${number}`));
    assert.equal(mostAtOnce(jobs), kSlots);

    // One zip, with a folder of each job.
    await page.getByLabel("Select all with results").check();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download selected" }).click()]);
    const pictures = namesIn(await download.path()).filter((name) => name.endsWith(".png"));
    assert.deepEqual(pictures.map((name) => name.replace(/^(number-\d)-[0-9a-f]{8}\//, "$1/")).sort(),
        kNumbers.map((number) => `number-${number}/number-${number}.png`));
    assert.deepEqual(faults, []);
    await context.close();
});
