// The server says things to people as codes with parameters; here they become sentences. The sentences are
// httpfront/words/catalogue.json, the same file that the server speaks from; lib/catalogue.ts brings it to the
// pages that need it, so that it is no part of the first load.

import type { Language } from "../text";

/// Parts that follow each other: texts as they are, and sentences by their code.
export type Words = (string | { code: string; params: Record<string, string | Words> })[];

export interface Sentence {
    en: string;
    pt: string;
}

let catalogue = new Map<string, Sentence>();

export function useCatalogue(sentences: Map<string, Sentence>): void {
    catalogue = sentences;
}

/// The words in the language; `otherwise` where there are none, or one is not in the catalogue.
export function say(words: Words | undefined, language: Language, otherwise: string): string {
    if (!words || words.length === 0) return otherwise;
    let known = true;
    const text = (all: Words): string => all.map((part) => {
        if (typeof part === "string") return part;
        const sentence = catalogue.get(part.code);
        if (!sentence) {
            known = false;
            return "";
        }
        return sentence[language].replace(/\{=?(\w+)\}/g, (_, name: string) => {
            const value = part.params[name] ?? "";
            return typeof value === "string" ? value : text(value);
        });
    }).join("");
    const said = text(words);
    return known ? said : otherwise;
}
