"""What an officer's telephone shows (RFC 6238), and a page on which he sets it up."""
import base64
import hashlib
import hmac
import re
import struct
import time


def code_of(secret, step):
    """secret: base32 as the page has it."""
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return "%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 1000000)


class Telephone:
    """Codes that have not been used yet, within the drift; waits for the next one when there is none."""

    def __init__(self, secret):
        self.secret, self.used, self.recovery = secret, 0, []

    def code(self):
        while True:
            now = time.time()
            step = max(self.used + 1, int(now) // 30 - (now % 30 < 15))
            if step <= int(now) // 30 + 1:
                self.used = step
                return code_of(self.secret, step)
            time.sleep(1)


def secret_of(text):
    return re.search(r'class="number-big">([A-Z2-7]{32})<', text).group(1)


def set_up(browser, password):
    """Through the pages, as who is signed in there."""
    browser.get("/account").send("/account/factor", password=password)
    telephone = Telephone(secret_of(browser.text))
    browser.send("/account/factor/confirm", code=telephone.code())
    telephone.recovery = re.findall(r'class="number-big">([a-z2-7-]{19})<', browser.text)
    assert browser.status == 200 and len(telephone.recovery) == 10, browser.text
    return telephone
