// The words for those who begin, in the language of the page.

import { useSpeech } from "..";
import { en, type StartMessages } from "./en";
import { pt } from "./pt";

export function useStartWords(): StartMessages {
    return useSpeech().language === "pt" ? pt : en;
}
