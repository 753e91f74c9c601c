"""Which books are kept aside, and how much each of the others counts."""
import os

# Whole books for measuring: a plain one, a middling one, a fuller one. Their authors' other books are trained on.
HELD_OUT = ["Haggard_Mines_1885.txt", "Forster_View_1908.txt", "Gaskell_Ruth_1855.txt"]

PLAIN = ["Burnett", "Stevenson", "Doyle", "Kipling", "Haggard", "Bennet", "Ward_Milly"]
EASY = ["Morris", "Chesterton", "Barclay", "Cbronte_Jane", "Forster", "Schreiner_Trooper", "Lee_Brown"]
DENSE = ["James", "Meredith", "Lytton", "Conrad_Nostromo", "Ford_Post", "Woolf", "Lawrence_Serpent", "Eliot_Daniel"]
LEFT_OUT = ["Lee_Albany"]  # a life of a countess, no novel

# mix: (plain, easy, all others, dense). "even" teaches what is to be known, "plain" how the small model should write.
WEIGHTS = {"even": (1, 1, 1, 1), "plain": (2, 1.5, 1, 0.5)}


def weight(name, mix):
    plain, easy, other, dense = WEIGHTS[mix]
    for begins, value in ((PLAIN, plain), (EASY, easy), (DENSE, dense)):
        if name.startswith(tuple(begins)):
            return value
    return other


def trained_on(folder):
    return [name for name in sorted(os.listdir(folder)) if name not in HELD_OUT and not name.startswith(tuple(LEFT_OUT))]
