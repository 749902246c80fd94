// Portuguese words for what data files hold.

import type { ArraysMessages } from "./en";

export const pt: ArraysMessages = {
    title: "Dados", name: "Nome", type: "Tipo", shape: "Forma", units: "Unidade", text: "texto", single: "um valor", empty: "Este arquivo está vazio.",
    tooLarge: "Este arquivo é grande demais para ser aberto aqui; baixe-o.", notRead: "O conteúdo deste arquivo não pode ser mostrado aqui; baixe-o.",
    away: "Não foi possível buscar o arquivo. Feche e abra para tentar de novo.", more: (n) => `Só os primeiros ${n} são mostrados.`,
};
