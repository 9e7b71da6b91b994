# cmake -DIN=file -DOUT=file -DSYMBOL=name -P: a text file as a C string.
cmake_minimum_required(VERSION 3.25)
file(READ ${IN} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\"" text "${text}")
file(WRITE ${OUT} "static const char ${SYMBOL}[] __attribute__((unused)) =\n\"${text}\";\n")
