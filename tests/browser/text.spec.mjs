// The parts of the pages that only turn text into text: log lines, UTF-8 at the end of a piece, tables.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { deflateRawSync, deflateSync } from "node:zlib";
import { root } from "./harness.mjs";

const web = join(root, "httpfront/web");
let text;

before(async () => {
    const { build } = await import(pathToFileURL(join(web, "node_modules/esbuild/lib/main.js")));
    const contents = 'export * from "./src/lib/log_lines"; export * from "./src/lib/csv"; export { wholeCharacters } from "./src/data/log_reader"; export * from "./src/lib/words"; import "./src/lib/catalogue"; export * from "./src/lib/ansi"; export * from "./src/lib/trace"; export * from "./src/lib/describe"; export { describeInside } from "./src/lib/inside"; export * from "./src/lib/tree"; export { seriesOf } from "./src/lib/series"; export { orderOf, pressed, sorted, textOf } from "./src/lib/sorting"; export { withGaps } from "./src/lib/gaps"; export { sortedFolder } from "./src/lib/dropped"; export { pauseMs } from "./src/data/tus";';
    const result = await build({ stdin: { contents, resolveDir: web, loader: "ts" }, bundle: true, format: "esm", write: false });
    text = await import(`data:text/javascript;base64,${Buffer.from(result.outputFiles[0].text).toString("base64")}`);
});

function linesOf(...pieces) {
    const lines = new text.LogLines();
    for (const piece of pieces) lines.feed(piece);
    return lines;
}

test("a line may come in pieces, and an open line is shown", () => {
    assert.deepEqual([...linesOf("one\ntw", "o\n", "thr").lines], ["one", "two", "thr"]);
    assert.deepEqual([...linesOf("one\n\n", "three\n").lines], ["one", "", "three"]);
});

test("a carriage return begins the line anew, also across pieces; with a line end it is one line end", () => {
    assert.deepEqual([...linesOf("10%\r20%\r", "30%").lines], ["30%"]);
    assert.deepEqual([...linesOf("10%\r", "\ndone\r\n").lines], ["10%", "done"]);
    assert.deepEqual([...linesOf("10%\r100%\nend\n").lines], ["100%", "end"]);
});

test("colours are left out of the text, and kept beside it", () => {
    assert.deepEqual([...linesOf("\u001b[1;31mred\u001b[0m \u001b]0;title\u0007plain\n").lines], ["red plain"]);
});

test("only the last lines are kept, and those before are counted", () => {
    const lines = linesOf("first\n", Array.from({ length: text.kLinesMax + 10 }, (_, i) => `${i}\n`).join(""), "open");
    assert.equal(lines.lines.length, text.kLinesMax);
    assert.equal(lines.lines.at(-1), "open");
    assert.equal(lines.dropped, 12);
    assert.equal(lines.settledEnd, text.kLinesMax + 11);
});

test("an endless line is folded, and nothing of it is lost", () => {
    const lines = linesOf(...Array.from({ length: 50 }, () => "0123456789".repeat(100)));
    assert.equal(lines.lines.join("").length, 50_000);
    assert.ok(lines.lines.every((line) => line.length <= 2000));
});

test("a character cut at the end of a piece waits for its other bytes", () => {
    const bytes = new TextEncoder().encode("coração 😀");
    assert.equal(text.wholeCharacters(bytes), bytes.length);
    for (const cut of [1, 2, 3]) assert.equal(text.wholeCharacters(bytes.subarray(0, bytes.length - cut)), bytes.length - 4);
    assert.equal(text.wholeCharacters(Uint8Array.of(0x41, 0x80, 0x80, 0x80)), 4, "bytes that are no character are not waited for");
});

const limits = { rows: 3, columns: 2 };

test("tables are read with commas, semicolons or tabs, quotes and a byte order mark", () => {
    assert.deepEqual(text.parseTable('\ufeffa,b\n"x, ""y""",2\n', true, limits),
        { head: ["a", "b"], rows: [['x, "y"', "2"]], more: false, columns: 2 });
    assert.deepEqual(text.parseTable("a;b\r\n1,5;2\r\n", true, limits).rows, [["1,5", "2"]]);
    assert.deepEqual(text.parseTable("a\tb\n1\t2", true, limits).rows, [["1", "2"]]);
    assert.equal(text.parseTable("", true, limits), null);
});

test("a table without names is all rows; past the limits there is more", () => {
    const table = text.parseTable("1,2,3\n4,5,6\n7,8,9\n10,11,12\n", true, limits);
    assert.deepEqual(table, { head: [], rows: [["1", "2"], ["4", "5"], ["7", "8"]], more: true, columns: 3 });
});

test("the cut last line of a piece of a table is left out", () => {
    assert.deepEqual(text.parseTable("a,b\n1,2\n3,4", false, limits).rows, [["1", "2"]]);
});

test("the server's words are said in the page's language, also phrases within phrases", () => {
    const words = [
        { code: "requirements.line", params: { line: "2", text: "-e .", why: [{ code: "requirements.option", params: {} }] } },
        "\n", { code: "queued.no_runtime", params: { runtime: "matlab" } },
    ];
    assert.equal(text.say(words, "pt", "?"), "requirements.txt, linha 2: “-e .”: opções do pip não são aceitas: tire a linha.\nnenhuma máquina oferece matlab");
    assert.equal(text.say(words, "en", "?"), 'requirements.txt, line 2: "-e .": options of pip are not taken: remove the line.\nno machine offers matlab');
    assert.equal(text.say([{ code: "of a newer server", params: {} }], "pt", "its own words"), "its own words");
    assert.equal(text.say([], "pt", "its own words"), "its own words");
});

test("every sentence of the server has both languages and the same places", () => {
    const rows = JSON.parse(readFileSync(join(root, "httpfront/words/catalogue.json"), "utf8"));
    const places = (sentence) => [...sentence.matchAll(/\{=?(\w+)\}/g)].map((match) => match[1]);
    for (const [code, en, pt] of rows) {
        assert.ok(places(pt).every((place) => places(en).includes(place)), code);
        const params = Object.fromEntries(places(en).map((place) => [place, `<${place}>`]));
        for (const language of ["en", "pt"]) assert.doesNotMatch(text.say([{ code, params }], language, "{none}"), /[{}]/, code);
    }
});

test("a folder is the same list of files whatever the order in which they were found", () => {
    const names = ["p/code.py", "p/b.csv", "p/.git/config", "p/env/pyvenv.cfg", "p/env/lib/x.py", "p/__pycache__/a.pyc", "p/a.csv", "p/.DS_Store", "p/.hidden"];
    const sorted = (all) => text.sortedFolder(all.map((path) => ({ path }))).map(({ path }) => path);
    assert.deepEqual(sorted(names), ["p/.hidden", "p/a.csv", "p/b.csv", "p/code.py"]);
    assert.deepEqual(sorted([...names].reverse()), sorted(names));
});

test("pauses grow, differ, and stay within half a minute and a half", () => {
    assert.ok(text.pauseMs(0, 0) < text.pauseMs(2, 0) && text.pauseMs(0, 0) < text.pauseMs(0, 0.9));
    assert.ok(text.pauseMs(60, 0.999) <= 45_000);
});

test("colours become pieces of one look each", () => {
    const [coloured] = linesOf("\u001b[1;31mred\u001b[0m plain \u001b[38;5;10mgreen\u001b[39m \u001b[38;2;1;2;3mleft out\n").coloured;
    assert.deepEqual(text.piecesOf(coloured), [
        { text: "red", look: "ansi-c1 ansi-bold" }, { text: " plain ", look: "" }, { text: "green", look: "ansi-c2" },
        { text: " ", look: "" }, { text: "left out", look: "" },
    ]);
    assert.equal(text.withoutColours(coloured), "red plain green left out");
});

test("the last traceback is found, with the last line of the program itself", () => {
    const log = ["before", "Traceback (most recent call last):", '  File "/job/code.py", line 2, in <module>', "    import numpy", "ModuleNotFoundError: old", "retry",
        "Traceback (most recent call last):", '  File "/job/code.py", line 9, in <module>', "    f()", '  File "/usr/lib/python3/x.py", line 1, in f', "    raise", "ValueError: new", "after"];
    const trace = text.lastTrace(log, "python");
    assert.equal(trace.from, 6);
    assert.equal(trace.lines.at(-1), "ValueError: new");
    assert.match(trace.lines[trace.own], /code\.py", line 9/);
    assert.equal(text.lastTrace(["all is well"], "python"), null);
    const octave = text.lastTrace(["error: x undefined", "error: called from", "    code at line 3 column 1"], "octave");
    assert.equal(octave.lines.length, 3);
    assert.equal(octave.own, 2);
    const long = text.lastTrace(["Traceback (most recent call last):", ...Array.from({ length: 900 }, () => "  File"), "RecursionError: deep"], "python");
    assert.ok(long.lines.length <= 40 && long.lines.at(-1) === "RecursionError: deep");
});

test("data files say what they hold, and files that lie say nothing", () => {
    const bytes = (string) => Uint8Array.from(string, (c) => c.charCodeAt(0));
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (7, 256), }\n";
    assert.deepEqual(text.describe("a.npy", bytes(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}`)), { kind: "NumPy", type: "float64", shape: [7, 256] });
    const edf = `0       ${" ".repeat(176)}512     ${" ".repeat(44)}10      2       1   ${"EEG Fp1".padEnd(16)}${" ".repeat(200)}512     ${" ".repeat(32)}`;
    assert.deepEqual(text.describe("a.edf", bytes(edf)), { kind: "EDF", channels: 1, names: ["EEG Fp1"], seconds: 20, rate: 256 });
    assert.deepEqual(text.describe("a.mat", bytes("MATLAB 7.3 MAT-file, ")), { kind: "MATLAB 7.3 (HDF5)" });
    for (const name of ["a.npy", "a.wav", "a.edf", "a.mat"]) {
        for (const lie of ["", "RIFF", "\x93NUMPY\x01", "x".repeat(300)]) assert.equal(text.describe(name, bytes(lie)), null, `${name} ${lie.slice(0, 8)}`);
    }
});

test("files are found by words in any order, without capitals and accents, and stand in their folders", () => {
    const files = ["run/São/a.csv", "run/b.csv", "top.png"].map((path) => ({ path, size_bytes: 10 }));
    assert.deepEqual(text.matching(files, "CSV sao").map(({ path }) => path), ["run/São/a.csv"]);
    const tree = text.treeOf(files);
    assert.deepEqual([tree.count, tree.bytes, tree.files.length, tree.folders[0].count, tree.folders[0].folders[0].path], [3, 30, 1, 2, "run/São"]);
});

test("the columns of numbers become lines over the first that rises", () => {
    const table = text.seriesOf("t;x;note\n0,0;1,5;a\n0,1;2,5;b\n0,2;;c\n", true);
    assert.deepEqual(table.names, ["t", "x"]);
    assert.deepEqual(table.columns[0], [0, 0.1, 0.2]);
    assert.deepEqual(table.columns[1], [1.5, 2.5, Number.NaN]);
    assert.deepEqual(text.seriesOf("3\n1\n2\n", true).names, ["#", "1"]);
    assert.equal(text.seriesOf("name\nana\neva\n", true), null);
});

test("time in which nobody looked is a gap in a curve", () => {
    assert.deepEqual(text.withGaps([0, 10, 30, 100, 110], [[1, 2, 3, 4, 5]], 10), { atS: [0, 10, 30, 40, 100, 110], columns: [[1, 2, 3, null, 4, 5]] });
    assert.deepEqual(text.withGaps([], [[], []], 60), { atS: [], columns: [[], []] });
});

test("rows sort by what was chosen, those without a number last, and the address says how", () => {
    const job = (name, submitted, wall) => ({ id: name, name, submitted_ms: submitted, state: "queued", outcome: wall === null ? null : { wall_ms: wall, output_bytes: null } });
    const jobs = [job("b", 3, 10), job("Á", 2, null), job("c", 1, 30)];
    const by = (order) => text.sorted(jobs, text.orderOf(order)).map(({ name }) => name).join("");
    assert.deepEqual(["", "sent", "name", "-name", "took", "-took", "size", "nonsense"].map(by), ["bÁc", "cÁb", "Ábc", "cbÁ", "bcÁ", "cbÁ", "bÁc", "bÁc"]);
    for (const order of ["", "sent", "name", "-took"]) assert.equal(text.textOf(text.orderOf(order)), order);
    assert.deepEqual(text.pressed(text.orderOf(""), "took"), { by: "took", down: true });
    assert.deepEqual(text.pressed(text.orderOf("name"), "name"), { by: "name", down: true });
    assert.deepEqual(text.pressed(text.orderOf(""), "sent"), { by: "sent", down: false });
});

/// A zip as numpy writes a .npz: its members by name, stored or deflated.
function zipBytes(members) {
    const parts = [];
    const directory = [];
    let at = 0;
    for (const [name, content, packed] of members) {
        const body = packed ? deflateRawSync(content) : content;
        const header = (size, signature, before) => {
            const bytes = Buffer.alloc(size);
            bytes.writeUInt32LE(signature, 0);
            bytes.writeUInt16LE(packed ? 8 : 0, before);
            return bytes;
        };
        const local = header(30, 0x04034b50, 8);
        local.writeUInt16LE(name.length, 26);
        local.writeUInt16LE(20, 28); // numpy leaves room for large sizes
        const central = header(46, 0x02014b50, 10);
        central.writeUInt16LE(name.length, 28);
        central.writeUInt32LE(at, 42);
        directory.push(central, Buffer.from(name));
        parts.push(local, Buffer.from(name), Buffer.alloc(20), body);
        at += 50 + name.length + body.length;
    }
    const listed = Buffer.concat(directory);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt32LE(listed.length, 12);
    end.writeUInt32LE(at, 16);
    return Buffer.concat([...parts, listed, end]);
}

function npyBytes(descr, shape, more = 0) {
    const head = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`;
    return Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY\x01\x00"), Buffer.from([head.length & 255, head.length >> 8]), Buffer.from(head), Buffer.alloc(more, 7)]);
}

const peekInto = (bytes, asked = []) => async (offset, length) => {
    asked.push(length);
    return new Uint8Array(bytes.subarray(offset, offset + length));
};

test("a .npz names its arrays, stored or deflated, however large, by reading little of it", async () => {
    const bytes = zipBytes([["signal.npy", npyBytes("<f8", "(1000, 8)", 400_000), false], ["fs.npy", npyBytes("<i4", "()"), true], ["mask.npy", npyBytes("|b1", "(1000,)", 300_000), true]]);
    const asked = [];
    assert.deepEqual(await text.describeInside("a.npz", bytes.length, peekInto(bytes, asked)), {
        kind: "NumPy", more: 0, parts: [{ name: "signal", type: "float64", shape: [1000, 8] }, { name: "fs", type: "int32", shape: [] }, { name: "mask", type: "bool", shape: [1000] }],
    });
    assert.ok(asked.reduce((a, b) => a + b, 0) < 80_000, "it was read whole");
});

test("a .mat of MATLAB 5 names its variables, plain or compressed", async () => {
    const element = (type, body) => {
        const padded = Buffer.concat([body, Buffer.alloc((8 - (body.length % 8)) % 8)]);
        const tag = Buffer.alloc(8);
        tag.writeUInt32LE(type, 0);
        tag.writeUInt32LE(body.length, 4);
        return Buffer.concat([tag, padded]);
    };
    const numbers = (...list) => {
        const bytes = Buffer.alloc(list.length * 4);
        list.forEach((one, at) => bytes.writeInt32LE(one, at * 4));
        return bytes;
    };
    const short = (type, body) => Buffer.concat([Buffer.from([type, 0, body.length, 0]), body, Buffer.alloc(4 - body.length)]);
    const matrix = (kind, shape, name, size) => element(14, Buffer.concat([element(6, numbers(kind, 0)), element(5, numbers(...shape)), name.length <= 4 ? short(1, Buffer.from(name)) : element(1, Buffer.from(name)), element(9, Buffer.alloc(size, 3))]));
    const header = Buffer.alloc(128, 0x20);
    header.write("MATLAB 5.0 MAT-file, Platform: GLNXA64");
    header.write("IM", 126);
    const packed = deflateSync(matrix(6 | 0x0800, [256, 4], "spectrum", 8192));
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(packed.length, 4);
    const bytes = Buffer.concat([header, matrix(6, [100, 3], "x", 2400), tag, packed, matrix(4, [1, 5], "label", 10)]);
    assert.deepEqual(await text.describeInside("a.mat", bytes.length, peekInto(bytes)), {
        kind: "MATLAB 5", more: 0,
        parts: [{ name: "x", type: "double", shape: [100, 3] }, { name: "spectrum", type: "complex double", shape: [256, 4] }, { name: "label", type: "char", shape: [1, 5] }],
    });
    assert.deepEqual(await text.describeInside("a.mat", 20, peekInto(Buffer.from("MATLAB 7.3 MAT-file,"))), { kind: "MATLAB 7.3 (HDF5)" });
});

test("files that lie about what they hold say nothing, and never keep a page busy", async () => {
    const good = zipBytes([["a.npy", npyBytes("<f8", "(3,)"), false]]);
    const mat = Buffer.concat([Buffer.alloc(126, 0x20), Buffer.from("IM"), Buffer.alloc(40)]);
    mat.write("MATLAB 5.0");
    for (const [name, bytes] of [["a.npz", Buffer.alloc(0)], ["a.npz", Buffer.from("PK")], ["a.npz", good.subarray(0, 40)], ["a.npz", good.subarray(20)], ["a.npz", Buffer.alloc(70_000, 0x50)], ["a.mat", Buffer.alloc(0)], ["a.mat", Buffer.alloc(500, 9)]]) {
        assert.equal(await text.describeInside(name, bytes.length, peekInto(bytes)), null, `${name} of ${bytes.length}`);
    }
    assert.deepEqual((await text.describeInside("a.mat", mat.length, peekInto(mat))).parts, []);
});
