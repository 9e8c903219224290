"""Labelled synthetic traffic: people as they are, and each kind of bot that the rules are about.

    for event in generate(seed): event.label, event.arrival_us, event.fields

Events come in the order in which they arrive in the log, up to some seconds behind their own time
where a sender batches. `fields` are those of judge_events.cpp. People's labels begin with "human".
Distributions are ours; the log-normal times between click and install follow what RELIABILITY's
sources publish: most within some minutes, hardly any within seconds.
"""
import dataclasses
import math
import random

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
DAY = 86_400 * SECOND

BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.{} Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; SM-S91{}B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Mobile Safari/537.36",
]
WEB_VIEWS = [
    "Mozilla/5.0 (Linux; Android 14; Pixel {} Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/124.0.6367.82 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/460.0.0.31.109]",
]
CRAWLERS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
    "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)",
    "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot)",
    "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)",
    "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
]
LIBRARIES = ["curl/8.5.0", "python-requests/2.31.0", "Go-http-client/2.0", "okhttp/4.12.0", "axios/1.6.7", ""]
DATA_CENTRES = ["34.64.0.0/11", "52.0.0.0/10", "2600:1f00::/24"]


@dataclasses.dataclass(order=True)
class Event:
    arrival_us: int
    number: int
    label: str = dataclasses.field(compare=False)
    fields: dict = dataclasses.field(compare=False)


@dataclasses.dataclass
class Person:
    user: str
    agent: str
    address: str  # IPv4
    door: int = 1  # a public key, pixel or click link: the browser itself
    delay_s: float = 0.5  # up to this much between event and log


def network_of(address):
    return ".".join(address.split(".")[:3]) + ".0/24"


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.events = []
        self.decisions = 0

    # What happens.

    def add(self, label, event_type, time_us, person, **fields):
        self.events.append(Event(
            int(time_us + self.random.random() * person.delay_s * SECOND), len(self.events), label,
            {"type": event_type, "time_us": int(time_us), "tenant": "1", "event_id": f"e{len(self.events)}",
             "user_id": person.user, "user_agent": person.agent, "browser_door": person.door,
             "ip_prefix": network_of(person.address), "ip_hash": format(hash_of(person.address), "016x"),
             **{name: value for name, value in fields.items() if value not in (None, "")}}))

    def decision(self):
        self.decisions += 1
        return f"d{self.decisions}"

    def ad(self):
        campaign = self.random.randrange(20)
        return {"campaign_id": f"c{campaign}", "ad_id": f"a{campaign * 5 + self.random.randrange(5)}",
                "source": self.random.choice(["news", "video", "games", "search"])}

    def impression(self, label, time_us, person, ad, decision, **fields):
        self.add(label, "impression", time_us, person, decision_id=decision, signed=1,
                 geometry=f",,{self.random.choice([300, 320, 728])},{self.random.choice([50, 90, 250])}", **ad, **fields)

    def click(self, label, time_us, person, ad, decision=None, **fields):
        click_id = f"k{len(self.events)}"
        self.add(label, "click", time_us, person, click_id=click_id, decision_id=decision,
                 signed=1 if decision else 0, **ad, **fields)
        return click_id

    def install(self, label, time_us, person, ad, click_id=None, **fields):
        self.add(label, "conversion", time_us, person, click_id=click_id, conversion_type="install",
                 source=ad["source"], campaign_id=ad["campaign_id"], **fields)

    # People.

    def browser(self, kinds=BROWSERS):
        return self.random.choice(kinds).format(self.random.randrange(1, 9) if kinds is WEB_VIEWS
                                                else self.random.randrange(1, 7))

    def log_normal_s(self, median, sigma):
        return median * math.exp(self.random.gauss(0, sigma))

    def visit(self, label, person, at_us, pages, click_rate=0.03, install_rate=0.15, **fields):
        """Pages with ads, now and then a click, now and then an install behind it."""
        for _ in range(pages):
            at_us += self.log_normal_s(25, 1.0) * SECOND
            ad, decision = self.ad(), self.decision()
            self.impression(label, at_us, person, ad, decision, **fields)
            if self.random.random() >= click_rate:
                continue
            clicked_us = at_us + (0.6 + self.log_normal_s(6, 0.9)) * SECOND
            click_id = self.click(label, clicked_us, person, ad, decision, **fields)
            if self.random.random() < 0.03:  # a nervous finger: the same link again
                self.click(label, clicked_us + self.random.uniform(0.2, 3) * SECOND, person, ad, decision,
                           disposition="repeat", **fields)
            if self.random.random() < install_rate:
                waits_us = self.log_normal_s(120, 1.0) * SECOND
                self.install(label, clicked_us + waits_us, person, ad, click_id,
                             install_begin_us=int(clicked_us + waits_us * 0.4), **fields)

    def sometime(self):
        return START + self.random.randrange(DAY)

    def households(self, count):
        for house in range(count):
            address = f"81.{house // 250 % 250}.{house % 250}.{self.random.randrange(1, 255)}"
            for member in range(self.random.randrange(1, 5)):
                person = Person(f"home{house}-{member}", self.browser(), address)
                for _ in range(self.random.randrange(1, 4)):
                    self.visit("human household", person, self.sometime(), self.random.randrange(3, 15))

    def offices(self, count, people):
        """Everybody behind one address, in the same hours."""
        for office in range(count):
            begins = START + self.random.randrange(8, 12) * 3600 * SECOND
            for member in range(people):
                person = Person(f"office{office}-{member}", self.browser(), f"195.7.{office}.9")
                self.visit("human office NAT", person, begins + self.random.randrange(4 * 3600) * SECOND,
                           self.random.randrange(3, 15))

    def phones(self, count):
        """Behind a carrier's NAT, in web views of apps that send in batches; addresses change."""
        for phone in range(count):
            for _ in range(self.random.randrange(1, 4)):
                address = f"100.64.{self.random.randrange(20)}.{self.random.randrange(1, 255)}"
                person = Person(f"phone{phone}", self.browser(WEB_VIEWS), address, delay_s=5)
                self.visit("human app web view", person, self.sometime(), self.random.randrange(3, 10))

    def servers(self, count):
        """Apps whose servers send for them: no user agent, or that of a library, and all of it good."""
        for app in range(count):
            address = f"82.9.{app % 250}.{self.random.randrange(1, 255)}"
            person = Person(f"server{app}", self.random.choice(["", "okhttp/4.12.0", "python-requests/2.31.0"]),
                            address, door=0, delay_s=2)
            self.visit("human by server", person, self.sometime(), self.random.randrange(3, 10))

    def travellers(self, count):
        for number in range(count):
            person = Person(f"travel{number}", self.browser(), f"83.9.{number % 250}.7")
            self.visit("human elsewhere", person, self.sometime(), self.random.randrange(3, 10), elsewhere=1)

    # Bots.

    def crawlers(self, count):
        for number in range(count):
            person = Person("", self.random.choice(CRAWLERS), f"66.249.{number % 250}.5")
            self.visit("crawler", person, self.sometime(), 5, click_rate=0.3, install_rate=0)

    def library_bots(self, count):
        for number in range(count):
            person = Person(f"lib{number}", self.random.choice(LIBRARIES), f"84.9.{number % 250}.7")
            self.visit("library bot", person, self.sometime(), 5, click_rate=0.5, install_rate=0)

    def data_centre_bots(self, count):
        for number in range(count):
            address = f"{self.random.choice(['34.70', '52.12', '34.95'])}.{number % 250}.{self.random.randrange(250)}"
            person = Person(f"dc{number}", self.browser(), address)
            self.visit("data-centre bot", person, self.sometime(), 5, click_rate=0.5, install_rate=0)

    def prefetchers(self, count):
        for number in range(count):
            person = Person(f"pre{number}", self.browser(), f"85.9.{number % 250}.7")
            self.visit("prefetch", person, self.sometime(), 3, click_rate=0.5, install_rate=0, unseen=1)

    def blind_clickers(self, count):
        """Ask for decisions and click them without showing anything."""
        for number in range(count):
            person = Person(f"blind{number}", self.browser(), f"86.9.{number % 250}.7")
            at_us = self.sometime()
            for _ in range(10):
                at_us += self.random.uniform(1, 30) * SECOND
                self.click("blind clicker", at_us, person, self.ad(), self.decision())

    def click_floods(self, count):
        """Two clicks a second, five minutes long, of one user."""
        for number in range(count):
            person = Person(f"flood{number}", self.browser(), f"87.9.{number}.7")
            at_us = self.sometime()
            for _ in range(600):
                at_us += self.random.uniform(0.3, 0.7) * SECOND
                self.click("click flood", at_us, person, self.ad(), self.decision())

    def replays(self, count):
        """One decision's link, taken from a real page and used again from other networks."""
        for number in range(count):
            person = Person(f"seen{number}", self.browser(), f"88.9.{number % 250}.7")
            ad, decision, at_us = self.ad(), self.decision(), self.sometime()
            self.impression("human household", at_us, person, ad, decision)
            self.click("human household", at_us + 5 * SECOND, person, ad, decision)
            for again in range(20):
                thief = Person(f"thief{number}-{again}", self.browser(), f"89.{again}.{number % 250}.7")
                self.click("token replay", at_us + (20 + again) * SECOND, thief, ad, decision, disposition="repeat")

    def injections(self, count):
        """An app sees that another one is being installed and claims a click for it."""
        for number in range(count):
            person = Person(f"inject{number}", self.browser(WEB_VIEWS), f"100.64.{number % 20}.9", delay_s=2)
            begins_us, ad = self.sometime(), self.ad()
            click_id = self.click("injected click", begins_us + self.random.uniform(1, 15) * SECOND, person, ad)
            self.install("injected install", begins_us + self.random.uniform(20, 90) * SECOND, person, ad, click_id,
                         install_begin_us=int(begins_us))

    def instant_installs(self, count):
        for number in range(count):
            person = Person(f"instant{number}", self.browser(), f"90.9.{number % 250}.7", delay_s=0.1)
            at_us, ad = self.sometime(), self.ad()
            click_id = self.click("instant click", at_us, person, ad)
            self.install("instant install", at_us + self.random.uniform(0.2, 1.9) * SECOND, person, ad, click_id)

    def farms(self, count):
        """Rooms of phones behind one network, reset between installs."""
        for number in range(count):
            at_us = self.sometime() // (3600 * SECOND) * 3600 * SECOND
            for phone in range(60):
                person = Person(f"farm{number}-{phone}", self.browser(WEB_VIEWS), f"91.9.{number}.{phone % 8}")
                ad, clicked_us = self.ad(), at_us + phone * 40 * SECOND
                click_id = self.click("farm click", clicked_us, person, ad)
                self.install("farm install", clicked_us + self.random.uniform(30, 120) * SECOND, person, ad, click_id)

    def flooded_source(self, conversions):
        """Clicks in the names of all users: those who install anyway do it much later."""
        begins_us = START + 6 * 3600 * SECOND
        for number in range(conversions):
            person = Person(f"organic{number}", self.browser(), f"92.9.{number % 250}.7")
            ad = {**self.ad(), "source": "flooder"}
            click_id = self.click("flooded click", begins_us - self.random.uniform(4, 20) * 3600 * SECOND, person, ad)
            self.install("flooded install", begins_us + self.random.uniform(0, 5.9) * 3600 * SECOND, person, ad, click_id)

    def caught_bots(self, count):
        """Follow every link of a page, the hidden one first."""
        for number in range(count):
            person = Person(f"caught{number}", self.browser(), f"93.9.{number % 250}.7")
            at_us = self.sometime()
            self.add("honeypot", "click", at_us, person, honeypot=1)
            self.visit("caught bot", person, at_us + SECOND, 5, click_rate=0.9, install_rate=0)


def hash_of(text):
    return random.Random(text).getrandbits(64)


def generate(seed):
    """About 65,000 events of one day."""
    made = Generator(seed)
    made.households(500)
    made.offices(3, 150)
    made.phones(800)
    made.servers(200)
    made.travellers(100)
    made.crawlers(300)
    made.library_bots(200)
    made.data_centre_bots(200)
    made.prefetchers(100)
    made.blind_clickers(100)
    made.click_floods(5)
    made.replays(50)
    made.injections(500)
    made.instant_installs(300)
    made.farms(10)
    made.flooded_source(300)
    made.caught_bots(100)
    return sorted(made.events)
