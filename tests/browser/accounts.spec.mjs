// Accounts as people meet them: the set-up link, an invitation, signing in and out, one's own page, the users' page,
// and a second researcher who sees nothing of the first.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually, launchBrowser, openPage, scratch, Server, zipOfTexts } from "./harness.mjs";

const folder = scratch();
const kPassword = "correct horse battery";
let server;
let browser;

before(async () => {
    browser = await launchBrowser();
    server = await Server.start(folder.path, { args: ["--accounts", "on"] });
});
after(async () => {
    await browser?.close();
    await server?.stop();
    folder.remove();
});

const setUpLink = () => readFileSync(join(server.data, "run", "setup-link"), "utf8").trim();

/// A page of somebody who uses a link. `expected`: faults that belong to the test.
async function welcomed(link, name, { fullName = "", ...options } = {}) {
    const opened = await openPage(browser, server, options);
    await opened.page.goto(link);
    await opened.page.getByLabel("Name", { exact: true }).fill(name);
    if (fullName) await opened.page.getByLabel("Your full name (optional)").fill(fullName);
    await opened.page.getByLabel("New password").fill(kPassword);
    await opened.page.getByRole("button", { name: "Create my account" }).click();
    await opened.page.getByRole("link", { name: `Account: ${name}` }).waitFor();
    return opened;
}

async function signedIn(name, options) {
    const opened = await openPage(browser, server, options);
    await opened.page.goto(`${server.url}/results`);
    await opened.page.getByLabel("Name").fill(name);
    await opened.page.getByLabel("Password").fill(kPassword);
    await opened.page.getByRole("button", { name: "Sign in" }).click();
    await opened.page.getByRole("link", { name: `Account: ${name}` }).waitFor();
    return opened;
}

async function invitation(page, note, role = "researcher") {
    await page.goto(`${server.url}/users`);
    await page.getByLabel("For whom?").fill(note);
    await page.locator("section", { hasText: "Invite somebody" }).getByLabel("Role").selectOption(role);
    await page.getByRole("button", { name: "Make a link", exact: true }).click();
    return page.getByLabel("The link", { exact: true }).inputValue();
}

test("the set-up link makes the first administrator, who invites a researcher", async () => {
    const stranger = await openPage(browser, server);
    await stranger.page.goto(`${server.url}/`);
    await stranger.page.getByText("Nobody has an account here yet").waitFor();
    assert.equal(await stranger.page.getByRole("navigation").isVisible(), false, "a stranger is shown where jobs are");
    await stranger.context.close();

    const link = setUpLink();
    const root = await welcomed(link, "root", { fullName: "<img src=x onerror=alert(1)>" });
    assert.equal(new URL(root.page.url()).pathname, "/");
    assert.equal(new URL(root.page.url()).hash, "", "the secret of the link stayed in the address");
    await root.page.goto(link);
    await root.page.getByRole("heading", { name: "This link opens nothing any more" }).waitFor();

    const invited = await invitation(root.page, "Ana <b>");
    await root.page.getByText("for Ana <b>").waitFor();
    const ana = await welcomed(invited, "ana", { fullName: "Ana Lima" });
    assert.deepEqual(ana.faults, []);
    await ana.context.close();
    await root.page.reload();
    await root.page.locator('[data-user="ana"]', { hasText: "Ana Lima" }).waitFor();
    await root.page.locator('[data-user="root"]', { hasText: "<img src=x onerror=alert(1)>" }).waitFor();
    assert.equal(await root.page.locator("img").count(), 0, "a name was taken for HTML");
    assert.deepEqual(root.faults.filter((fault) => !/404/.test(fault)), []);
    await root.context.close();
});

test("a wrong password is told in words, and the right one leads to where one wanted to go", async () => {
    const { context, page, faults } = await openPage(browser, server, { locale: "pt-BR" });
    await page.goto(`${server.url}/results?next=https://evil.example/`);
    await page.getByLabel("Nome").fill("ana");
    await page.getByLabel("Senha").fill("not the password");
    await page.getByRole("button", { name: "Entrar" }).click();
    await page.getByText("Nome e senha não combinam.").waitFor();
    await page.getByLabel("Senha").fill(kPassword);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Resultados" }).waitFor();
    assert.equal(new URL(page.url()).origin, server.url, "signing in led to another site");
    assert.equal(new URL(page.url()).pathname, "/results");
    assert.deepEqual(faults.filter((fault) => !/401/.test(fault)), []);
    await context.close();
});

test("no address leads a page to another site after signing in", async () => {
    for (const path of ["/sign-in?next=//evil.example", "/sign-in?next=https:%2F%2Fevil.example", "//evil.example/%2e%2e", "/\\evil.example", "/welcome?next=//evil.example"]) {
        const { context, page } = await openPage(browser, server);
        await page.goto(server.url + path, { waitUntil: "commit" });
        assert.equal(new URL(page.url()).origin, server.url, path);
        if (path.startsWith("/sign-in")) {
            await page.getByLabel("Name").fill("ana");
            await page.getByLabel("Password").fill(kPassword);
            await page.getByRole("button", { name: "Sign in" }).click();
            await page.getByRole("link", { name: "Account: ana" }).waitFor();
            assert.equal(new URL(page.url()).origin, server.url, path);
        }
        await context.close();
    }
});

test("a researcher sees the own jobs alone, and an administrator everybody's on purpose", async () => {
    const ana = await signedIn("ana");
    await ana.page.goto(`${server.url}/upload`);
    await ana.page.setInputFiles("input[type=file]", zipOfTexts(folder.path, "secret-study", { "code.py": "print('hidden words')\n" }));
    await ana.page.locator(".upload-accepted a").click();
    await ana.page.waitForURL(/\/jobs\/[0-9a-f]{32}$/);
    const address = ana.page.url();
    await ana.page.locator('.job-now [data-state="succeeded"]').waitFor({ timeout: 90_000 });
    await ana.page.locator(".log", { hasText: "hidden words" }).waitFor();

    const root = await signedIn("root");
    const bob = await welcomed(await invitation(root.page, "bob"), "bob");
    await bob.page.goto(`${server.url}/results`);
    await bob.page.getByText("Nothing here yet").waitFor();
    await bob.page.goto(address);
    await bob.page.getByRole("heading", { name: "No such job" }).waitFor();
    assert.doesNotMatch(await bob.page.locator("body").innerText(), /secret-study|hidden words/);

    await root.page.goto(`${server.url}/results`);
    await root.page.getByText("Nothing here yet").waitFor();
    await root.page.getByRole("button", { name: "Everybody's" }).click();
    await root.page.locator("tr", { hasText: "secret-study" }).getByText("ana").waitFor();
    await ana.page.goto(`${server.url}/upload`);
    await ana.page.setInputFiles("input[type=file]", zipOfTexts(folder.path, "comes-live", { "code.py": "print(1)\n" }));
    await root.page.locator("tr", { hasText: "comes-live" }).waitFor();
    await root.page.goto(address);
    await root.page.locator(".log", { hasText: "hidden words" }).waitFor();
    await root.page.locator(".facts div", { hasText: "Owner" }).getByText("ana").waitFor();
    assert.deepEqual(ana.faults, []);
    assert.deepEqual(root.faults, []);
    for (const each of [ana, bob, root]) await each.context.close();
});

test("Account shows what one keeps, and Users what everybody does", async () => {
    const [ana, root] = [await signedIn("ana"), await signedIn("root")];
    await ana.page.goto(`${server.url}/account`);
    assert.match(await ana.page.locator(".storage").innerText(), /Zips and outputs\s+[\d.,]+ \w+\s+Jobs\s+\d+\s+Waiting and running\s+\d+/);
    await root.page.goto(`${server.url}/users`);
    assert.match(await root.page.locator('[data-usage="ana"]').innerText(), /^ana\s+[\d.,]+ \w+ · \d+$/);
    for (const each of [ana, root]) {
        assert.deepEqual(each.faults, []);
        await each.context.close();
    }
});

test("a token is made, shown once, works for a program, and is revoked", async () => {
    const { context, page, faults } = await signedIn("ana");
    await page.goto(`${server.url}/account`);
    await page.getByLabel("What is it for?").fill("<script>alert(1)</script>");
    await page.getByRole("button", { name: "Make a token" }).click();
    const token = await page.getByLabel("The token", { exact: true }).inputValue();
    assert.match(token, /^nias_[\w-]{43}$/);
    const asks = () => fetch(`${server.url}/api/v1/jobs`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal((await asks()).status, 200);
    await page.reload();
    const row = page.locator("li", { hasText: "<script>alert(1)</script>" });
    await row.waitFor();
    assert.doesNotMatch(await page.locator("body").innerText(), new RegExp(token));
    await row.getByRole("button", { name: /^Revoke/ }).click();
    await row.getByRole("button", { name: /Sure\?/ }).click();
    await row.waitFor({ state: "detached" });
    assert.equal((await asks()).status, 401);
    assert.deepEqual(faults, []);
    await context.close();
});

test("a webhook is set on one's account, and its secret is shown once", async () => {
    const { context, page, faults } = await signedIn("ana");
    await page.goto(`${server.url}/account`);
    const card = page.locator("section", { has: page.getByRole("heading", { name: "Told when done" }) });
    const url = card.getByLabel("URL that is called (webhook)");
    await url.fill("http://127.0.0.1:1/");
    await card.getByRole("button", { name: "Save" }).click();
    await card.getByText("127.0.0.1 is an address that this server does not call").waitFor();
    await url.fill("https://lab.example/hook");
    await card.getByRole("button", { name: "Save" }).click();
    assert.match(await card.getByLabel("The secret of the signatures").inputValue(), /^niashook_[\w-]{43}$/);
    await page.reload();
    await eventually("what was set is shown again", async () => await url.inputValue() === "https://lab.example/hook");
    assert.equal(await card.getByLabel("The secret of the signatures").count(), 0);
    await page.getByRole("button", { name: "Octave · MATLAB" }).click();
    await page.getByText(`lab = nias('${server.url}', getenv('NIAS_TOKEN'));`).waitFor();
    await url.fill("");
    await card.getByRole("button", { name: "Save" }).click();
    await card.getByText("Saved.").waitFor();
    assert.deepEqual(faults.filter((fault) => !fault.includes("422")), [], "but for the URL that is refused");
    await context.close();
});

test("a session that is ended elsewhere shows the way in again, by itself", async () => {
    const here = await signedIn("ana");
    const there = await signedIn("ana");
    await there.page.goto(`${server.url}/results`);
    await there.page.locator(".live:not(.live-off)").waitFor();
    await here.page.goto(`${server.url}/account`);
    await here.page.getByText("this one").waitFor();
    for (;;) {
        const ends = here.page.getByRole("button", { name: /^End the session/ });
        const left = await ends.count();
        if (left === 0) break;
        await ends.first().click();
        await here.page.getByRole("button", { name: /Sure\?/ }).click();
        await eventually("one session fewer", async () => await ends.count() < left);
    }
    await there.page.getByText("You were signed out").waitFor();
    await here.page.goto(`${server.url}/results`);
    await here.page.getByRole("heading", { name: "Results" }).waitFor();
    for (const each of [here, there]) await each.context.close();
});

test("a password is changed, and signing out ends it all", async () => {
    const { context, page } = await signedIn("bob");
    await page.goto(`${server.url}/account`);
    await page.getByLabel("Password so far").fill(kPassword);
    await page.getByLabel("New password").fill("another good one");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByText("Changed. Every other session has ended.").waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    assert.deepEqual(await context.cookies(), [], "a cookie stayed");
    await page.goBack();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await context.close();
});

test("an administrator closes an account, opens it again and changes its role", async () => {
    const root = await signedIn("root");
    await root.page.goto(`${server.url}/users`);
    const row = root.page.locator('[data-user="bob"]');
    await row.getByRole("button", { name: "Close the account of bob" }).click();
    await row.getByRole("button", { name: /Sure\?/ }).click();
    await row.getByText("closed").waitFor();
    await row.getByRole("button", { name: "Open the account of bob again" }).click();
    await row.getByText("closed").waitFor({ state: "detached" });
    await row.getByLabel("Role of bob").selectOption("administrator");
    await eventually("bob is an administrator", async () => (await (await root.page.request.get(`${server.url}/api/v1/users`)).json())
        .users.some((user) => user.name === "bob" && user.role === "administrator"));
    await row.getByRole("button", { name: /fresh password of bob/ }).click();
    const link = await root.page.getByLabel("The link", { exact: true }).inputValue();
    await root.context.close();
    const { context, page } = await openPage(browser, server);
    await page.goto(link);
    await page.getByRole("heading", { name: "A fresh password for bob" }).waitFor();
    await page.getByLabel("New password").fill(kPassword);
    await page.getByRole("button", { name: "Save the password" }).click();
    await page.getByRole("link", { name: "Account: bob" }).waitFor();
    await page.goto(`${server.url}/users`);
    await page.getByRole("heading", { name: "Users" }).waitFor();
    await context.close();
});

for (const width of [1280, 390, 320]) {
    for (const locale of ["en-GB", "pt-BR"]) {
        test(`the pages of accounts have no nameless controls and no sideways scrolling at ${width} pixels in ${locale}`, async () => {
            const { context, page, faults } = await openPage(browser, server, { viewport: { width, height: 844 }, locale });
            await page.goto(`${server.url}/`);
            await page.getByLabel(locale === "pt-BR" ? "Nome" : "Name").waitFor();
            const check = async (path) => {
                await page.locator("h1").waitFor();
                await eventually(`${path} is loaded`, async () => await page.locator("main .spinner").count() === 0);
                assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${path} scrolls sideways`);
                const nameless = await page.evaluate(() => Array.from(document.querySelectorAll("a, button, input, select, img"))
                    .filter((each) => !(each.getAttribute("aria-label") || each.labels?.length || each.textContent.trim())).map((each) => each.outerHTML));
                assert.deepEqual(nameless, [], path);
            };
            await check("signing in");
            await page.request.post(`${server.url}/api/v1/session`, { data: { name: "root", password: kPassword } });
            for (const path of ["/account", "/users", "/results", "/upload"]) {
                await page.goto(`${server.url}${path}`);
                await check(path);
            }
            assert.deepEqual(faults, []);
            await context.close();
        });
    }
}
