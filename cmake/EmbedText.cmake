# Writes OUT: the text of IN as nias::embedded::SYMBOL.
file(READ ${IN} text)
file(WRITE ${OUT} "#include <string_view>\nnamespace nias::embedded {\nextern const std::string_view ${SYMBOL};\nconst std::string_view ${SYMBOL} = R\"nias(${text})nias\";\n}\n")
