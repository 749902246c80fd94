// What esbuild is told beside its settings. Used by build.mjs, and by the tests that bundle a part of the pages.
import { readFile } from "node:fs/promises";

/// The reader of HDF5 expects a whole file. Its views are made ours, which know which bytes have been fetched.
export const checkedReader = {
    name: "checked-reader",
    setup(build) {
        build.onLoad({ filter: /node_modules\/jsfive\/.*\.m?js$/ }, async ({ path }) => ({
            contents: `import { CheckedDataView as DataView } from "nias:sparse";\n${await readFile(path, "utf8")}`, loader: "js",
        }));
        build.onResolve({ filter: /^nias:sparse$/ }, () => ({ path: new URL("src/lib/arrays/sparse.ts", import.meta.url).pathname }));
    },
};
