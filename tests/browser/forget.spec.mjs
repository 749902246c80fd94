// Deleting jobs and bringing them back, on the list and on a job's page, in both languages.
import assert from "node:assert/strict";
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

async function ended(name) {
    const { id } = await server.submit(zipOfTexts(folder.path, name, { "code.py": "print(1)\n" }), `${name}.zip`);
    await eventually("the job has ended", async () => (await server.json(`/jobs/${id}`)).state === "succeeded");
    return id;
}

test("selected jobs are deleted from the list, and Undo brings them back, also on a page that only looks on", async () => {
    const ids = [await ended("one"), await ended("two")];
    for (const [locale, remove, undo, said] of [["en-GB", "Delete 2 jobs", "Undo", /2 jobs were deleted/], ["pt-BR", "Excluir 2 trabalhos", "Desfazer", /2 trabalhos foram excluídos/]]) {
        const watcher = await openPage(browser, server, { locale });
        const { context, page, faults } = await openPage(browser, server, { locale });
        for (const each of [watcher.page, page]) {
            await each.goto(`${server.url}/results`);
            for (const id of ids) await each.waitForSelector(`tr[data-job="${id}"]`);
        }
        for (const id of ids) await page.check(`tr[data-job="${id}"] input[type=checkbox]`);
        await page.getByRole("button", { name: remove }).click();
        assert.match(await page.locator(".undo-bar").innerText(), said);
        for (const each of [watcher.page, page]) {
            for (const id of ids) await each.locator(`tr[data-job="${id}"]`).waitFor({ state: "detached" });
        }
        await page.getByRole("button", { name: undo }).click();
        for (const each of [watcher.page, page]) {
            for (const id of ids) await each.waitForSelector(`tr[data-job="${id}"]`);
        }
        assert.equal(await page.locator(".undo-bar").count(), 0);
        assert.deepEqual(faults, []);
        await context.close();
        await watcher.context.close();
    }
});

test("a job that was deleted on its own page says so after a reload, and comes back", async () => {
    const id = await ended("alone");
    for (const [locale, remove, back, said] of [["en-GB", "Delete", "Bring it back", /was deleted/], ["pt-BR", "Excluir", "Recuperar", /foi excluído/]]) {
        const { context, page, faults } = await openPage(browser, server, { locale });
        await page.goto(`${server.url}/jobs/${id}`);
        await page.getByRole("button", { name: remove, exact: true }).click();
        await page.waitForSelector(".undo-bar");
        assert.ok((await server.json(`/jobs/${id}`)).deleted_ms > 0);
        await page.reload();
        assert.match(await page.locator(".undo-bar").innerText(), said);
        assert.equal(await page.getByRole("button", { name: remove, exact: true }).count(), 0);
        await page.getByRole("button", { name: back }).click();
        await page.locator(".undo-bar").waitFor({ state: "detached" });
        assert.equal((await server.json(`/jobs/${id}`)).deleted_ms, 0);
        assert.deepEqual(faults, []);
        await context.close();
    }
});

test("deleted jobs are listed with until when they can be brought back, and leave that list as they come back", async () => {
    const ids = [await ended("gone-one"), await ended("gone-two"), await ended("gone-three")];
    for (const [locale, chip, said, backOne, backAll, none] of [
        ["en-GB", "Deleted", /deleted now|deleted \d+ s|gone for good in/, "Bring gone-one back", "Bring all 2 back", "Nothing was deleted lately"],
        ["pt-BR", "Excluídos", /apagado de vez em/, "Recuperar gone-one", "Recuperar todos os 2", "Nada foi excluído há pouco"],
    ]) {
        const { context, page, faults } = await openPage(browser, server, { locale, viewport: { width: 390, height: 844 } });
        await page.goto(`${server.url}/results`);
        await page.getByRole("button", { name: chip, exact: true }).click();
        await page.getByText(none).waitFor();
        for (const id of ids) assert.equal((await page.request.delete(`${server.url}/api/v1/jobs/${id}`)).status(), 200);
        const row = (id) => page.locator(`.deleted-list li[data-job="${id}"]`);
        for (const id of ids) await row(id).waitFor();
        assert.match(await row(ids[0]).innerText(), said);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "it scrolls sideways");
        if (process.env.NIAS_SHOTS) await page.screenshot({ path: `${process.env.NIAS_SHOTS}/deleted-${locale}.png`, fullPage: true });
        await page.getByRole("button", { name: backOne }).click();
        await row(ids[0]).waitFor({ state: "detached" });
        await page.reload(); // the view is in the address
        await row(ids[1]).waitFor();
        assert.equal(await row(ids[0]).count(), 0);
        await page.getByLabel(/^(Search by name|Buscar pelo nome)$/).fill("two");
        await row(ids[2]).waitFor({ state: "detached" });
        await page.getByLabel(/^(Search by name|Buscar pelo nome)$/).fill("");
        await page.getByRole("button", { name: backAll }).click();
        await page.getByText(none).waitFor();
        for (const id of ids) assert.equal((await server.json(`/jobs/${id}`)).deleted_ms, 0);
        assert.deepEqual(faults, []);
        await context.close();
    }
});
