// Starts a real server in a folder of the test's own and a real browser, owns both, and waits by condition.
// Needs NIAS_BIN, the folder with the programs; NIAS_CHROMIUM names the browser where it is not in PATH.
import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const kStartMs = 90_000;
const kStopMs = 45_000;
const kBrowserFlags = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

function program(given, names, what) {
    const places = given ? [given] : names.flatMap((name) => (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)));
    for (const place of places) {
        try {
            accessSync(place, constants.X_OK);
            return place;
        } catch {
            // the next place
        }
    }
    throw new Error(`${what} was not found (looked for ${places.length > 1 ? names.join(", ") : places[0]})`);
}

/// A folder that goes away with the test file.
export function scratch() {
    const path = mkdtempSync(join(tmpdir(), "nias-browser-"));
    return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export class Server {
    static async start(folder, { slots = 2, args = [] } = {}) {
        const bin = process.env.NIAS_BIN;
        if (!bin) throw new Error("NIAS_BIN must name the folder with the programs (build/…/bin)");
        const server = new Server();
        server.data = join(folder, "data");
        server.words = "";
        server.child = spawn(join(bin, "nias"), ["up", "--data", server.data, "--port", "0", "--slots", String(slots), "--drain-timeout", "0", ...args],
            { stdio: ["ignore", "pipe", "pipe"] });
        server.ended = new Promise((resolve) => server.child.once("close", resolve));
        server.child.once("error", (error) => { server.words += String(error); });
        server.child.stderr.on("data", (bytes) => { server.words = (server.words + bytes).slice(-8000); });
        const said = new Promise((resolve) => {
            createInterface({ input: server.child.stdout }).on("line", (line) => {
                const match = /^NIAS is running: (http:\S+?)\/?$/.exec(line.trim());
                if (match) resolve(match[1]);
            });
        });
        server.url = await Promise.race([said, server.ended.then(() => null), after(kStartMs, null)]);
        if (!server.url) {
            await server.stop();
            throw new Error(`nias up did not start: ${server.words}`);
        }
        const page = await fetch(`${server.url}/`);
        if (!page.ok) {
            await server.stop();
            throw new Error("the server has no pages: build them with `npm ci && npm run build` in httpfront/web");
        }
        return server;
    }

    pidOf(daemon) {
        return Number(readFileSync(join(this.data, "run", `${daemon}.pid`), "utf8"));
    }

    async json(path) {
        return (await fetch(`${this.url}/api/v1${path}`)).json();
    }

    async submit(zip, name) {
        const response = await fetch(`${this.url}/api/v1/jobs`, {
            method: "POST", body: readFileSync(zip), headers: { "Content-Type": "application/zip", "X-Filename": encodeURIComponent(name) },
        });
        if (response.status !== 201) throw new Error(`the server refused ${name}: ${await response.text()}`);
        return response.json();
    }

    /// Ends the server, and with it every process that it started.
    async stop() {
        this.child.kill("SIGTERM");
        const stopped = await Promise.race([this.ended.then(() => true), after(kStopMs, false)]);
        if (!stopped) {
            this.child.kill("SIGKILL");
            await this.ended;
            throw new Error(`nias up did not end within ${kStopMs / 1000} s: ${this.words}`);
        }
    }
}

function after(ms, value) {
    return new Promise((resolve) => {
        setTimeout(() => resolve(value), ms).unref();
    });
}

/// The first true value of look(), asked again and again; fails with `what` after the deadline.
export async function eventually(what, look, withinMs = 60_000) {
    const deadline = performance.now() + withinMs;
    for (;;) {
        const value = await look();
        if (value) return value;
        if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
        await new Promise((resolve) => {
            setTimeout(resolve, 50);
        });
    }
}

export function launchBrowser() {
    const executablePath = program(process.env.NIAS_CHROMIUM, ["chromium", "chromium-browser", "google-chrome"],
        "the browser tests need Chromium, which");
    return chromium.launch({ executablePath, headless: true, args: kBrowserFlags }); // in a profile of its own
}

/// A page that remembers what went wrong in it: errors, refused content, requests to anybody else.
export async function openPage(browser, server, options = {}) {
    const context = await browser.newContext({ locale: "en-GB", colorScheme: "light", acceptDownloads: true, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const faults = [];
    page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") faults.push(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => faults.push(String(error)));
    page.on("request", (request) => {
        if (/^https?:/.test(request.url()) && !request.url().startsWith(`${server.url}/`)) faults.push(`asked ${request.url()}`);
    });
    return { context, page, faults };
}

/// Zips a folder as a researcher would, with the folder at the top. `change` may edit the copy first.
export function zipOf(scratchFolder, source, change = () => {}) {
    const name = source.slice(source.lastIndexOf("/") + 1);
    const work = mkdtempSync(join(scratchFolder, "zip-"));
    cpSync(source, join(work, name), { recursive: true });
    change(join(work, name));
    return zipFolder(work, name);
}

/// A bundle made of texts: {"code.py": "print(1)"}.
export function zipOfTexts(scratchFolder, name, files) {
    const work = mkdtempSync(join(scratchFolder, "zip-"));
    mkdirSync(join(work, name));
    for (const [path, text] of Object.entries(files)) writeFileSync(join(work, name, path), text);
    return zipFolder(work, name);
}

const python = () => program(undefined, ["python3"], "python3");

function zipFolder(work, name) {
    execFileSync(python(), ["-m", "zipfile", "-c", `${name}.zip`, `${name}/`], { cwd: work });
    return join(work, `${name}.zip`);
}

/// The names in a zip, after its checksums were found right.
export function namesIn(zip) {
    const script = "import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(json.dumps(z.namelist()))";
    return JSON.parse(execFileSync(python(), ["-c", script, zip], { encoding: "utf8" }));
}
