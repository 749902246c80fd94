// The words of accounts, in the language of the page.

import { useSpeech } from "..";
import { en, type AccountMessages } from "./en";
import { pt } from "./pt";

export function useAccountWords(): AccountMessages {
    return useSpeech().language === "pt" ? pt : en;
}
