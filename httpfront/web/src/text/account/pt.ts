// Palavras das contas, em português. O tipo AccountMessages obriga às mesmas chaves do inglês.

import type { AccountMessages } from "./en";

export const pt: AccountMessages = {
    signInText: "Com a conta que o administrador deste servidor deu a você.", name: "Nome", password: "Senha",
    signInAgain: "Sua sessão terminou. Entre para continuar.", signOut: "Sair", signingIn: "Um momento…",
    nobodyYet: "Ninguém tem conta aqui ainda",
    nobodyYetText: "O servidor mostrou um link quando iniciou: abra-o para ser o administrador. Na máquina do servidor, “nias setup-link” mostra o link de novo.",
    forgot: "Esqueceu a senha? Um administrador deste servidor pode dar a você um link para uma nova.",

    welcomeSetUp: "Preparar este servidor", welcomeSetUpText: "Você é o primeiro administrador. Escolha seu nome e uma senha; depois convide os outros.",
    welcomeJoinText: "Você recebeu um convite. Escolha um nome e uma senha e já pode enviar seu primeiro trabalho.",
    welcomePassword: (name) => `Uma senha nova para ${name}`, welcomePasswordText: "Todas as sessões desta conta terminam, e você continua aqui.",
    nameHint: "Letras de a a z, algarismos e . - _ @ entre eles. Fica nos seus trabalhos e não muda.",
    fullName: "Seu nome completo (opcional)", newPassword: "Senha nova", passwordHint: "Pelo menos 10 caracteres. Uma frase de algumas palavras é boa.",
    showPassword: "Mostrar a senha", createAccount: "Criar minha conta", savePassword: "Salvar a senha",
    linkGone: "Este link não abre mais nada", linkGoneText: "Já foi usado, foi retirado ou é antigo demais. Peça outro.",

    role: "Papel", researcher: "Pesquisador(a)", administrator: "Administrador(a)",
    byProxy: "Você entra pela página do seu laboratório; não há senha aqui.",
    changePassword: "Trocar a senha", currentPassword: "Senha atual", changed: "Trocada. Todas as outras sessões terminaram.",
    sessions: "Onde você entrou", sessionsText: "Uma sessão termina depois de 7 dias sem uso e, em todo caso, depois de 30 dias.",
    thisSession: "esta", lastUsed: (when) => `usada ${when}`, endSession: "Encerrar", endSessionOf: (place) => `Encerrar a sessão em ${place}`,
    tokens: "Tokens para programas", tokensText: "Um programa envia um token em vez da senha. Ele não pode mais do que seus direitos dizem.",
    tokensNone: "Nenhum token ainda.", tokenLabel: "Para que serve?", tokenRights: "Pode", tokenDays: "Por quanto tempo", tokenMake: "Criar um token",
    days: (n) => (n === 1 ? "1 dia" : `${n} dias`), until: (date) => `até ${date}`, neverUsed: "nunca usado",
    rights: { read: "ver trabalhos e resultados", submit: "enviar e cancelar trabalhos", admin: "agir como administrador" },
    tokenShown: "Copie agora: ele não aparece de novo.", revoke: "Revogar", revokeOf: (label) => `Revogar ${label}`, sure: "Tem certeza?",
    copy: "Copiar", copied: "Copiado", theToken: "O token", theLink: "O link",

    invite: "Convidar alguém", inviteText: "Você recebe um link para uma pessoa, que vale uma vez e por sete dias. Envie-o você.",
    inviteNote: "Para quem? (uma nota para você)", inviteMake: "Criar um link", linkShown: "Envie este link. Ele não aparece de novo.",
    invitations: "Links ainda não usados", invitationFor: (note) => (note ? `para ${note}` : "sem nota"), invitedBy: (name) => `de ${name}`,
    passwordFor: (name) => `senha nova para ${name}`, withdraw: "Retirar", withdrawOf: (note) => `Retirar o link ${note}`,
    closed: "fechada", closeAccount: "Fechar", openAccount: "Reabrir", closeOf: (name) => `Fechar a conta de ${name}`,
    openOf: (name) => `Reabrir a conta de ${name}`, newPasswordLink: "Link de senha", newPasswordLinkOf: (name) => `Criar um link de senha nova para ${name}`,
    roleOf: (name) => `Papel de ${name}`, since: (date) => `desde ${date}`, you: "você",
    administratorsOnly: "Só administradores podem ver esta página",

    everybody: "De todos", mine: "Meus", whose: "Trabalhos de quem", owner: "De quem", looksAreKept: "O que você olha aqui fica no registro de auditoria.",

    problems: {
        wrong_password: "Nome e senha não combinam.",
        slow_down: "Tentativas demais: espere alguns segundos e tente de novo.",
        wrong_current_password: "A senha atual é outra.",
        weak_password: "A senha é curta ou fácil de adivinhar: escolha outra, com pelo menos 10 caracteres.",
        bad_name: "Um nome tem de 1 a 64 letras de a a z, algarismos e . - _ @ entre eles.",
        name_taken: "Esse nome já é de alguém: escolha outro.",
        invitation_gone: "Este link já foi usado, foi retirado ou é antigo demais: peça outro.",
        bad_token_wish: "Um token precisa de um ou mais direitos e vale de 1 a 366 dias.",
        last_administrator: "Esta é a última conta de administrador que pode entrar: faça outra antes.",
        administrators_only: "Só administradores podem fazer isso.",
        no_accounts: "Este servidor não tem contas.",
        account_closed: "Esta conta está fechada: fale com o administrador do servidor.",
        open_behind_proxy: "Há um proxy na frente deste servidor, e ele não tem contas: o administrador deve iniciá-lo com --accounts on.",
        not_found: "Não existe mais.",
        cross_origin: "Outro site pediu esta mudança, e só as páginas deste servidor podem.",
    },
};
