"""Uses a package that requirements.txt names: it is installed before the program runs, for this job alone."""
import os

from tabulate import tabulate

rows = [[n, n * n, n ** 0.5] for n in range(1, 11)]
table = tabulate(rows, headers=["n", "square", "root"], floatfmt=".4f", tablefmt="github")
print(table)
os.makedirs("output", exist_ok=True)
with open("output/table.md", "w", encoding="utf-8") as out:
    out.write(table + "\n")
