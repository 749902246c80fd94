// Brings every sentence of the server to the pages that show them.

import rows from "../../../words/catalogue.json";
import { useCatalogue } from "./words";

useCatalogue(new Map((rows as [string, string, string][]).map(([code, en, pt]) => [code, { en, pt }])));
