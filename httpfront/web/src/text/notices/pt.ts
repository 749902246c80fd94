// Palavras em português do que a página da conta diz de avisos e de programas próprios.

import type { NoticeMessages } from "./en";

export const pt: NoticeMessages = {
    notices: "Aviso de término", noticesText: "Quando um trabalho seu termina, este servidor chama um URL seu ou envia um e-mail.",
    webhook: "URL que é chamado (webhook)", webhookHint: "https://… Recebe o trabalho em JSON, assinado. Deixe vazio para nenhum.",
    mail: "E-mail para", mailHint: "Deixe vazio para nenhum.", save: "Salvar", saved: "Salvo.",
    code: (mail) => `O código enviado a ${mail}`, codeHint: "Vale por um dia. Antes disso nada mais é enviado para lá. Salve o endereço de novo para receber outro.", confirm: "Confirmar o endereço",
    secret: "O segredo das assinaturas", secretNote: "Copie agora: não será mostrado de novo.",
    lastTaken: (when: string) => `O último foi recebido ${when}.`, lastFailed: (when: string, why: string) => `O último falhou ${when}: ${why}. Será tentado de novo por um dia.`,
};
