// The words of deleting, in the language of the page.

import { useSpeech } from "..";
import { en, type ForgetMessages } from "./en";
import { pt } from "./pt";

export function useForgetWords(): ForgetMessages {
    return useSpeech().language === "pt" ? pt : en;
}
