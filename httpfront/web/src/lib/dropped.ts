// Turns files that were dropped or chosen into jobs: a zip or a program is one file, a folder is one job of many files.

export interface ChosenFile {
    path: string; // with the folder's name in front
    file: File;
}

/// One job to be: a single file, or a folder by its files.
export interface Chosen {
    name: string;
    file?: File;
    files?: ChosenFile[];
}

const kMostFiles = 100_000;

/// The names that systems and tools leave behind, as the server leaves them out (libnias/job/archive/names.cpp).
const kLeftBehind = /(^|\/)(__macosx|\.git|\.svn|\.hg|__pycache__|\.venv|\.virtualenv|\.ipynb_checkpoints|\.mypy_cache|\.pytest_cache|\.ruff_cache|\.appledouble|\.trashes|\.fseventsd|\$recycle\.bin|@eadir|\.spotlight-v100)(\/|$)|(^|\/)(\.ds_store|thumbs\.db|ehthumbs\.db|desktop\.ini|\.directory|icon\r|\._[^/]*|~\$[^/]*|\.~lock\.[^/]*#)$/i;

export function isLeftBehind(path: string): boolean {
    return kLeftBehind.test(path);
}

/// Without what tools left behind, and in one order whatever the system says: the same folder is the same zip.
export function sortedFolder(files: ChosenFile[]): ChosenFile[] {
    const environments = files.filter(({ path }) => path.endsWith("/pyvenv.cfg")).map(({ path }) => path.slice(0, -"pyvenv.cfg".length));
    return files
        .filter(({ path }) => !isLeftBehind(path) && !environments.some((folder) => path.startsWith(folder)))
        .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/// The files of an input with `webkitdirectory`, a job for each folder at the top.
export function foldersOf(files: Iterable<File>): Chosen[] {
    const folders = new Map<string, ChosenFile[]>();
    for (const file of files) {
        const path = file.webkitRelativePath || file.name;
        const top = path.slice(0, path.indexOf("/"));
        folders.set(top, [...(folders.get(top) ?? []), { path, file }]);
    }
    return [...folders].map(([name, all]) => ({ name, files: sortedFolder(all) }));
}

function entriesOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
    return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
    return new Promise((resolve, reject) => entry.file(resolve, reject));
}

async function walk(entry: FileSystemEntry, path: string, into: ChosenFile[]): Promise<void> {
    if (isLeftBehind(path) || into.length >= kMostFiles) return;
    if (entry.isFile) {
        into.push({ path, file: await fileOf(entry as FileSystemFileEntry) });
        return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (let some = await entriesOf(reader); some.length > 0; some = await entriesOf(reader)) { // a hundred at a time
        for (const child of some) await walk(child, `${path}/${child.name}`, into);
    }
}

/// Reads a drop. The entries must be asked for before the first wait: the list is emptied after the event.
export async function droppedIn(data: DataTransfer | null): Promise<Chosen[]> {
    const items = Array.from(data?.items ?? []).filter((item) => item.kind === "file");
    const found = items.map((item) => ({ entry: item.webkitGetAsEntry?.() ?? null, file: item.getAsFile() }));
    const chosen: Chosen[] = [];
    for (const { entry, file } of found) {
        if (entry?.isDirectory) {
            const files: ChosenFile[] = [];
            await walk(entry, entry.name, files);
            chosen.push({ name: entry.name, files: sortedFolder(files) });
        } else if (file) {
            chosen.push({ name: file.name, file });
        }
    }
    return chosen;
}
