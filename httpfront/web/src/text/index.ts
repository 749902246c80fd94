// Which language the page speaks: the stored choice, else the browser's. Portuguese and English.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { en, type Messages } from "./en";
import { pt } from "./pt";

export type { Messages };
export type Language = "pt" | "en";

const kKey = "nias.language";
const kMessages: Record<Language, Messages> = { pt, en };

export interface Speech {
    language: Language;
    locale: string;
    t: Messages;
}

export function speechFor(language: Language): Speech {
    return { language, locale: language === "pt" ? "pt-BR" : "en-GB", t: kMessages[language] };
}

export function storedLanguage(): Language {
    try {
        const stored = localStorage.getItem(kKey);
        if (stored === "pt" || stored === "en") return stored;
    } catch {
        // storage switched off: the browser's language it is
    }
    return navigator.language.toLowerCase().startsWith("pt") ? "pt" : "en";
}

export function storeLanguage(language: Language): void {
    try {
        localStorage.setItem(kKey, language);
    } catch {
        // kept for this page only
    }
}

export const SpeechContext = createContext<Speech>(speechFor("en"));

export function useSpeech(): Speech {
    return useContext(SpeechContext);
}
