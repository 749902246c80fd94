// Bundles src/main.tsx and src/style.css into dist/ under names that carry their content's hash,
// and writes the index.html that names them. No inline script or style: the page's CSP forbids both.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { makeZip } from "client-zip";
import { checkedReader } from "./plugins.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

const kTop = join(here, "../..");
const kExamples = ["ecg", "eeg-octave", "array", "packages"]; // of examples/jobs, as the upload page offers them
const kOld = new Date(Date.UTC(2020, 0, 1)); // the same files are the same zip, whenever they are built

/// The files of a folder, with those of its folders.
async function filesBelow(folder, inside = "") {
    const entries = (await readdir(join(folder, inside), { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
    const found = await Promise.all(entries.map((entry) => (entry.isDirectory() ? filesBelow(folder, `${inside}${entry.name}/`) : [`${inside}${entry.name}`])));
    return found.flat();
}

/// Zips an example into dist/. What the page says of it: its name, the file, its size and what its zip holds.
async function zipped(name) {
    const folder = join(kTop, "examples/jobs", name);
    const paths = await filesBelow(folder);
    const files = await Promise.all(paths.map(async (path) => ({ name: `${name}/${path}`, input: await readFile(join(folder, path)), lastModified: kOld })));
    const bytes = new Uint8Array(await new Response(makeZip(files)).arrayBuffer());
    const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
    const file = `${name}-${hash}.zip`;
    await writeFile(join(dist, file), bytes);
    return { name, file, size_bytes: bytes.length, paths };
}

const examples = await Promise.all(kExamples.map(zipped));
/// `import … from "nias:examples"` is the list of them.
const exampleList = {
    name: "examples",
    setup(build) {
        build.onResolve({ filter: /^nias:examples$/ }, ({ path }) => ({ path, namespace: "nias" }));
        build.onLoad({ filter: /.*/, namespace: "nias" }, () => ({ contents: JSON.stringify(examples), loader: "json" }));
    },
};
// The clients are one file each, which a server hands to those who want to speak to it.
await copyFile(join(kTop, "clients/python/nias.py"), join(dist, "nias.py"));
await copyFile(join(kTop, "clients/octave/nias.m"), join(dist, "nias.m"));

const shared = {
    absWorkingDir: here,
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".svg": "file" },
    outdir: "dist",
    bundle: true,
    minify: true,
    target: "es2021",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
};
// Pages that not everybody looks at are modules of their own, fetched when they are shown.
const pages = await build({ ...shared, entryPoints: { app: "src/main.tsx", style: "src/style.css", later: "src/later.css" }, format: "esm", splitting: true, plugins: [exampleList, checkedReader] });
// These stand alone: the look is set before anything is drawn, and a worker is a script.
const alone = await build({ ...shared, entryPoints: { theme: "src/lib/theme.ts", files: "src/worker/files.ts" }, format: "iife" });

const built = new Map();
for (const [path, output] of Object.entries({ ...pages.metafile.outputs, ...alone.metafile.outputs })) {
    if (output.entryPoint) built.set(output.entryPoint, basename(path));
}

const icon = await build({
    absWorkingDir: here,
    entryPoints: { icon: "src/icon.svg" },
    entryNames: "[name]-[hash]",
    loader: { ".svg": "copy" },
    outdir: "dist",
    metafile: true,
    logLevel: "warning",
});
built.set("src/icon.svg", basename(Object.keys(icon.metafile.outputs)[0]));

const template = await readFile(join(here, "src/index.html"), "utf8");
const page = template.replace(/\{\{(.+?)\}\}/g, (_, source) => {
    const name = built.get(source);
    if (!name) throw new Error(`index.html names ${source}, which was not built`);
    return `/${name}`;
});
await writeFile(join(dist, "index.html"), page);

// Every file is compressed once, here; the server sends the smaller one to whoever takes it.
for (const name of await readdir(dist)) {
    const plain = await readFile(join(dist, name));
    const packed = gzipSync(plain, { level: 9 });
    if (packed.length < plain.length) await writeFile(join(dist, `${name}.gz`), packed);
}
