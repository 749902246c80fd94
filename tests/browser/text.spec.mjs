// The parts of the pages that only turn text into text: log lines, UTF-8 at the end of a piece, tables.
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { root } from "./harness.mjs";

const web = join(root, "httpfront/web");
let text;

before(async () => {
    const { build } = await import(pathToFileURL(join(web, "node_modules/esbuild/lib/main.js")));
    const contents = 'export * from "./src/log_lines"; export * from "./src/csv"; export { wholeCharacters } from "./src/log_reader";';
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

test("colours are left out", () => {
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
