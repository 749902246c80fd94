// The words for what data files hold, in the language of the page.

import { useSpeech } from "..";
import { en, type ArraysMessages } from "./en";
import { pt } from "./pt";

export function useArraysWords(): ArraysMessages {
    return useSpeech().language === "pt" ? pt : en;
}
