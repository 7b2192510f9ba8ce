//! The pages of a site: their ids, their links with the id of the block that each stands in, and what they load.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use html5gum::{Token, Tokenizer};

/// All pages, by their path from the root of the site, with forward slashes.
pub(crate) struct Site {
    pub(crate) pages: BTreeMap<String, Page>,
    /// The other files.
    files: BTreeSet<String>,
}

/// One page.
#[derive(Default)]
pub(crate) struct Page {
    /// What `#id` can name.
    pub(crate) ids: Vec<String>,
    pub(crate) links: Vec<Link>,
    /// Addresses of scripts, styles and pictures.
    loads: Vec<String>,
}

/// A link.
pub(crate) struct Link {
    /// Where it leads, as written.
    pub(crate) href: String,
    /// The id that was last before it: of the block, the row or the entry that it stands in.
    pub(crate) within: String,
}

impl Site {
    /// Every file under a folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut site = Self { pages: BTreeMap::new(), files: BTreeSet::new() };
        site.add(folder, "");
        site
    }

    fn add(&mut self, folder: &Path, prefix: &str) {
        for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                self.add(&entry.path(), &format!("{name}/"));
            } else if name.ends_with(".html") {
                let text = fs::read_to_string(entry.path()).unwrap();
                self.pages.insert(name, Page::parse(&text));
            } else {
                self.files.insert(name);
            }
        }
    }

    /// How many links there are.
    pub(crate) fn links(&self) -> usize {
        self.pages.values().map(|page| page.links.len()).sum()
    }

    /// Where a link of a page leads: a file of the site and an id, or `None` if it leaves the site.
    pub(crate) fn target(from: &str, href: &str) -> Option<(String, String)> {
        if href.contains("://") || href.starts_with("mailto:") {
            return None;
        }
        let (path, id) = href.split_once('#').unwrap_or((href, ""));
        if path.is_empty() {
            return Some((from.to_owned(), id.to_owned()));
        }
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in path.split('/') {
            match part {
                "." => {}
                // One step too many stays in the path and is found to be no file.
                ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
                _ => parts.push(part),
            }
        }
        Some((parts.join("/"), id.to_owned()))
    }

    /// One line for each link to a page, a file or an id that is not there, and for each external one that is no address.
    pub(crate) fn dead_links(&self) -> Vec<String> {
        let mut dead = Vec::new();
        for (name, page) in &self.pages {
            for link in &page.links {
                let lives = match Self::target(name, &link.href) {
                    None => is_address(&link.href),
                    Some((file, id)) => match self.pages.get(&file) {
                        Some(page) => id.is_empty() || page.ids.contains(&id),
                        None => self.files.contains(&file),
                    },
                };
                if !lives {
                    dead.push(format!("{name}: {}", link.href));
                }
            }
            let mut ids = page.ids.clone();
            ids.sort();
            dead.extend(
                ids.windows(2)
                    .filter(|pair| pair[0] == pair[1])
                    .map(|pair| format!("{name}: the id {} stands there twice", pair[0])),
            );
        }
        dead
    }

    /// What a page would load from another place.
    pub(crate) fn loaded_from_elsewhere(&self) -> Vec<String> {
        let foreign = |load: &&String| load.contains("//");
        let of_page = |(name, page): (&String, &Page)| {
            page.loads.iter().filter(foreign).map(|load| format!("{name}: {load}")).collect::<Vec<_>>()
        };
        self.pages.iter().flat_map(of_page).collect()
    }

    /// The links of one page that stand in a block, a row or an entry with this id, as targets.
    pub(crate) fn links_within(&self, file: &str, id: &str) -> Vec<(String, String)> {
        let links = self.pages.get(file).map_or(&[][..], |page| &page.links);
        links
            .iter()
            .filter(|link| link.within == id)
            .map(|link| Self::target(file, &link.href).unwrap_or_else(|| (link.href.clone(), String::new())))
            .collect()
    }
}

impl Page {
    pub(crate) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut within = String::new();
        for token in Tokenizer::new(text) {
            let Ok(Token::StartTag(tag)) = token else { continue };
            let attribute = |name: &str| {
                let value = tag.attributes.get(name.as_bytes());
                value.map(|value| String::from_utf8_lossy(value).into_owned())
            };
            if let Some(id) = attribute("id") {
                within.clone_from(&id);
                page.ids.push(id);
            }
            match tag.name.as_slice() {
                b"a" => {
                    page.links.extend(attribute("href").map(|href| Link { href, within: within.clone() }));
                }
                b"link" => page.loads.extend(attribute("href")),
                b"script" | b"img" | b"iframe" => page.loads.extend(attribute("src")),
                _ => {}
            }
        }
        page
    }
}

/// Whether an external link has the form of one: nobody is asked whether it is there.
fn is_address(href: &str) -> bool {
    let Some(rest) = href.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '#', '?']).next().unwrap_or_default();
    host.contains('.')
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && !rest.contains(char::is_whitespace)
        && !rest.contains(['<', '>', '"', '`', '(', ')'])
}
