// The words of arrays and trials, in the language of the page.

import { useSpeech } from "..";
import { en, type ArrayMessages } from "./en";
import { pt } from "./pt";

export function useArrayWords(): ArrayMessages {
    return useSpeech().language === "pt" ? pt : en;
}
