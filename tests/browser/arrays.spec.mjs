// What data files hold, read out of real files that h5py, NumPy and Octave wrote, piece by piece.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { root, scratch } from "./harness.mjs";

const web = join(root, "httpfront/web");
const folder = scratch();
let arrays;

const kWritten = `
import sys, h5py, numpy as np
folder = sys.argv[1]
def fill(f):
    f.create_dataset("eeg/signal", data=np.arange(600000).reshape(200000, 3) / 8.0, chunks=(5000, 3), compression="gzip", shuffle=True).attrs["units"] = "uV"
    f.create_dataset("time", data=np.arange(200000) / 250.0).attrs["unit"] = b"s"
    f.create_dataset("count", data=np.int32(7))
    f.create_dataset("names", data=["Fz", "Cz"], dtype=h5py.string_dtype())
    f.create_dataset("mixed", data=np.zeros(3, dtype=[("a", "f4"), ("b", "i2")]))
    f.create_dataset("big", data=np.arange(4, dtype=">i4"))
    f["link"] = h5py.SoftLink("/time")
with h5py.File(folder + "/old.h5", "w") as f: fill(f)
with h5py.File(folder + "/matlab.mat", "w", userblock_size=512) as f:  # as MATLAB 7.3 does
    d = f.create_dataset("x", data=np.arange(6.0).reshape(3, 2)); d.attrs["MATLAB_class"] = np.bytes_("double")
    d = f.create_dataset("word", data=np.array([[111], [105]], dtype="u2")); d.attrs["MATLAB_class"] = np.bytes_("char")
    f.create_group("#refs#")
with h5py.File(folder + "/new.h5", "w", libver="latest") as f:
    for n in range(20): f.create_dataset("g/d%02d" % n, data=np.arange(10.0) * n)
with h5py.File(folder + "/many.h5", "w") as f:
    for n in range(600): f.create_dataset("d%03d" % n, data=n)
with open(folder + "/matlab.mat", "r+b") as f: f.write(b"MATLAB 7.3 MAT-file")
np.save(folder + "/c.npy", np.arange(12, dtype="<i2").reshape(3, 4))
np.save(folder + "/fortran.npy", np.asfortranarray(np.arange(12.0).reshape(3, 4)))
np.save(folder + "/big.npy", np.arange(5, dtype=">f4"))
np.save(folder + "/words.npy", np.array(["a", "b"]))
`;

before(async () => {
    const { build } = await import(pathToFileURL(join(web, "node_modules/esbuild/lib/main.js")));
    const { checkedReader } = await import(pathToFileURL(join(web, "plugins.mjs")));
    const contents = 'export * from "./src/lib/arrays/hdf5"; export * from "./src/lib/arrays/npy"; export * from "./src/lib/arrays/lines";';
    const result = await build({ stdin: { contents, resolveDir: web, loader: "ts" }, bundle: true, format: "esm", target: "es2021", write: false, plugins: [checkedReader] });
    arrays = await import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].text).toString("base64")}`);
    execFileSync("/usr/bin/python3", ["-c", kWritten, folder.path]); // Debian's, which has h5py
});
after(() => folder.remove());

/// A file of which only parts are read, and how much of it was.
function opened(name) {
    const bytes = readFileSync(join(folder.path, name));
    const seen = { bytes: 0, questions: 0 };
    const peek = async (from, length) => {
        assert.ok(from >= 0 && length > 0, `${from}, ${length}`);
        seen.bytes += length;
        seen.questions += 1;
        return Uint8Array.from(bytes.subarray(from, from + length));
    };
    return { bytes, seen, peek, tree: () => arrays.readTree(bytes.length, peek), values: (path) => arrays.readValues(bytes.length, peek, path) };
}

test("the tree of an HDF5 file tells names, types, shapes and units, and reads little of a large one", async () => {
    const file = opened("old.h5");
    const { nodes, more } = await file.tree();
    const said = Object.fromEntries(nodes.map(({ path, type, shape, units, values }) => [path, [type, shape, units, values]]));
    assert.deepEqual(said, {
        eeg: ["", [], "", false], "eeg/signal": ["float64", [200000, 3], "uV", true], time: ["float64", [200000], "s", true], link: ["float64", [200000], "s", true],
        count: ["int32", [], "", false], names: ["text", [2], "", false], mixed: ["", [3], "", false], big: ["int32", [4], "", true],
    });
    assert.equal(more, false);
    assert.ok(file.bytes.length > 1 << 20 && file.seen.bytes < file.bytes.length / 2 && file.seen.questions < 20, JSON.stringify({ all: file.bytes.length, ...file.seen }));
});

test("the numbers of a dataset are read right from chunks, contiguous bytes and either order of bytes", async () => {
    const file = opened("old.h5");
    const { shape, values } = await file.values("eeg/signal");
    assert.deepEqual(shape, [200000, 3]);
    for (const at of [0, 1, 299_999, 599_999]) assert.equal(values[at], at / 8);
    const time = await file.values("time");
    assert.deepEqual([time.values.length, time.values[1], time.values[199_999]], [200_000, 0.004, 199_999 / 250]);
    assert.deepEqual(Array.from((await file.values("big")).values), [0, 1, 2, 3]);
    assert.deepEqual(Array.from((await opened("new.h5").values("g/d03")).values), [0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
});

test("a file of MATLAB 7.3 is found behind its text, with MATLAB's order of sides and without its own groups", async () => {
    const { nodes } = await opened("matlab.mat").tree();
    assert.deepEqual(nodes.map(({ path, type, shape }) => [path, type, shape]), [["word", "text", [1, 2]], ["x", "float64", [2, 3]]]);
});

test("a file with very many parts tells the first of them", async () => {
    const { nodes, more } = await opened("many.h5").tree();
    assert.deepEqual([nodes.length, more], [400, true]);
});

test("what is no HDF5, is cut, or damaged, ends with a word and never without an end", async () => {
    const { bytes } = opened("old.h5");
    const peekOf = (data) => async (from, length) => Uint8Array.from(data.subarray(from, from + length));
    assert.equal(await arrays.readTree(5000, peekOf(Buffer.alloc(5000, 7))), null);
    assert.equal(await arrays.readTree(0, peekOf(Buffer.alloc(0))), null);
    for (const cut of [8, 100, 700, 3000, 100_000]) await arrays.readTree(cut, peekOf(bytes.subarray(0, cut))).catch((error) => assert.ok(error instanceof Error));
    for (let at = 8; at < 4000; at += 97) {
        const damaged = Buffer.from(bytes);
        damaged[at] ^= 0xff;
        await arrays.readTree(damaged.length, peekOf(damaged)).catch((error) => assert.ok(error instanceof Error));
    }
    await assert.rejects(arrays.readTree(2 ** 40, peekOf(bytes)), /too large/);
});

test("the numbers of .npy files are read in the order of their rows, and texts are none", () => {
    assert.deepEqual(arrays.npyValues(opened("c.npy").bytes), { shape: [3, 4], values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
    assert.deepEqual(arrays.npyValues(opened("fortran.npy").bytes), { shape: [3, 4], values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] });
    assert.deepEqual(arrays.npyValues(opened("big.npy").bytes), { shape: [5], values: [0, 1, 2, 3, 4] });
    assert.equal(arrays.npyValues(opened("words.npy").bytes), null);
    assert.equal(arrays.npyValues(opened("c.npy").bytes.subarray(0, 140)), null);
});

test("a matrix is plotted along its longer side, a vector as one line, and a long one is thinned", () => {
    const matrix = { shape: [2, 5], values: [0, 1, 2, 3, 4, 10, 11, 12, 13, 14] };
    assert.deepEqual(arrays.linesOf(matrix, "m"), { names: ["#", "m 1", "m 2"], columns: [[1, 2, 3, 4, 5], [0, 1, 2, 3, 4], [10, 11, 12, 13, 14]], whole: true });
    assert.deepEqual(arrays.linesOf({ shape: [3, 1], values: [5, 6, 7] }, "v").columns, [[1, 2, 3], [5, 6, 7]]);
    const long = arrays.linesOf({ shape: [250_000], values: Float64Array.from({ length: 250_000 }, (_, at) => at) }, "l");
    assert.ok(long.columns[0].length <= 100_000 && !long.whole);
    assert.equal(long.columns[1].at(-1), long.columns[0].at(-1) - 1);
    assert.equal(arrays.linesOf({ shape: [2, 3, 4], values: [] }, "cube"), null);
    assert.equal(arrays.linesOf({ shape: [], values: [1] }, "one"), null);
});
