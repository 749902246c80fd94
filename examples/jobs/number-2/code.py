"""Writes its number as a picture, then sleeps: two at a time on two slots, and all five results at the end."""
import time

import matplotlib.pyplot as plt

NUMBER = 2
SLEEP_S = 30

print(f"number {NUMBER}", flush=True)
figure = plt.figure(figsize=(4, 4), facecolor="#0f766e")
figure.text(0.5, 0.5, str(NUMBER), fontsize=200, color="white", ha="center", va="center", fontweight="bold")
figure.savefig(f"output/number-{NUMBER}.png", dpi=100)
time.sleep(SLEEP_S)
print("done", flush=True)
