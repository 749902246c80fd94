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
    const contents = `export * from "./src/lib/log_lines"; export * from "./src/lib/csv"; export { wholeCharacters } from "./src/data/log_reader";
        export { pt } from "./src/text/pt";`;
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

// As the server says them: a sentence that is not found here would be shown in English.
const refused = [
    ["not_a_zip", "The file is a RAR archive, whatever its name says; NIAS takes zip: unpack it and make a .zip of its folder.", /um arquivo RAR.*descompacte-o/],
    ["not_a_zip", "The file is plain text, whatever its name says: send a program alone under its own name (like analysis.py or analysis.m), or a zip of the folder that holds it.", /texto simples/],
    ["not_a_zip", "The file is a PDF document: put it into the folder of its program and send a zip of that folder.", /um documento PDF: ponha-o/],
    ["manifest", 'nias.toml: the key "memroy" is not known; is memory meant?', /a chave “memroy” não é conhecida; quis dizer memory\?/],
    ["manifest", 'nias.toml: memory must be at least 16 MiB, and 4 means 4 bytes: write the unit with it, like memory = "4 GiB".', /escreva a unidade, como memory = "4 GiB"/],
    ["manifest", "nias.toml: cpus must be a whole number from 1 to 4096.", /cpus deve ser um número inteiro de 1 a 4096/],
    ["manifest", 'nias.toml: runtime must be one of "python", "octave", "matlab", "r", not "julia".', /runtime deve ser um destes: "python".*não "julia"/],
    ["manifest", "nias.toml, line 3: Error while parsing value: x; write straight quotes, like \"4 GiB\".", /linha 3: use aspas retas/],
    ["requirements", 'requirements.txt, line 2: "casepkg==2.0": line 1 asks for "casepkg==1.0", and no version is both: keep one of the two lines.', /linha 2: “casepkg==2.0”: a linha 1 pede “casepkg==1.0”/],
    ["requirements", 'requirements.txt, line 1: "os": os is part of Python: remove the line. requirements.txt, line 2: "cv2": the package that brings cv2 is called opencv-python: write opencv-python.', /os já faz parte do Python.*linha 2.*opencv-python/],
    ["requirements", 'requirements.txt, line 1: "numpy @ file:///opt/x": it is a place on the computer where the list was made, as conda and pip freeze write it: write numpy, or numpy==version.', /escreva numpy ou numpy==versão/],
    ["requirements", 'requirements.txt, line 1: "-e .": nothing is installed from a folder or an address; modules beside the program are found as they are: remove the line. 3 more lines cannot be taken either.', /nada é instalado.*Mais 3 também não são aceitas/],
    ["requirements", 'requirements.txt names the wheel "wheels/a.whl", but the zip does not hold it: put it in, or name the package and its version.', /pede o wheel “wheels\/a.whl”/],
];
test("refusals are told in Portuguese with the names and numbers that the server says", () => {
    for (const [code, detail, words] of refused) assert.match(text.pt.refusals[code]("entry", detail), words);
    assert.equal(text.pt.refusals.manifest("", "Something else."), "Something else.", "what is not known stays as it is");
});
