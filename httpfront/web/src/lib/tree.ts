// A list of files as folders within folders, filtered by words. Text alone.

import type { OutputFile } from "../data/api";

export interface Folder {
    name: string;
    path: string;
    folders: Folder[];
    files: OutputFile[];
    count: number; // files in it and below
    bytes: number;
}

/// Without capitals and accents.
export function plain(text: string): string {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

/// Every word must be in the path; capitals and accents do not matter.
export function matching(files: readonly OutputFile[], words: string): OutputFile[] {
    const wanted = plain(words).split(/\s+/).filter(Boolean);
    return files.filter(({ path }) => wanted.every((word) => plain(path).includes(word)));
}

function folderIn(parent: Folder, name: string): Folder {
    let found = parent.folders.find((folder) => folder.name === name);
    if (!found) {
        found = { name, path: parent.path ? `${parent.path}/${name}` : name, folders: [], files: [], count: 0, bytes: 0 };
        parent.folders.push(found);
    }
    return found;
}

export function treeOf(files: readonly OutputFile[]): Folder {
    const top: Folder = { name: "", path: "", folders: [], files: [], count: 0, bytes: 0 };
    for (const file of files) {
        const parts = file.path.split("/");
        let folder = top;
        for (let depth = 0; ; depth += 1) {
            folder.count += 1;
            folder.bytes += file.size_bytes;
            if (depth === parts.length - 1) break;
            folder = folderIn(folder, parts[depth] ?? "");
        }
        folder.files.push(file);
    }
    return top;
}
