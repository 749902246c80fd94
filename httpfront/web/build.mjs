// Bundles src/main.tsx and src/style.css into dist/ under names that carry their content's hash,
// and writes the index.html that names them. No inline script or style: the page's CSP forbids both.
import { build } from "esbuild";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });

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
const pages = await build({ ...shared, entryPoints: { app: "src/main.tsx", style: "src/style.css", later: "src/later.css" }, format: "esm", splitting: true });
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
