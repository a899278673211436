//! Lists of numbers in one piece of memory.

/// One list after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    entries: Vec<u32>,
    /// Where each list begins, and where the last one ends.
    begins: Vec<u32>,
}

impl Lists {
    /// The lists, in order.
    pub fn new<L: Iterator<Item = u32>>(lists: impl Iterator<Item = L>) -> Self {
        let mut all = Self { entries: Vec::new(), begins: vec![0] };
        for list in lists {
            all.entries.extend(list);
            all.begins.push(all.entries.len() as u32);
        }
        all
    }

    /// For each of the numbers below `count`: the lists that it is in.
    pub fn turned(&self, count: usize) -> Self {
        let mut begins = vec![0; count + 1];
        self.entries.iter().for_each(|&entry| begins[entry as usize + 1] += 1);
        (0..count).for_each(|entry| begins[entry + 1] += begins[entry]);
        let (mut entries, mut ends) = (vec![0; self.entries.len()], begins.clone());
        for list in 0..self.len() {
            for &entry in self.of(list) {
                let end = &mut ends[entry as usize];
                entries[*end as usize] = list as u32;
                *end += 1;
            }
        }
        Self { entries, begins }
    }

    /// How many lists.
    pub fn len(&self) -> usize {
        self.begins.len() - 1
    }

    /// A list.
    #[inline(always)]
    pub fn of(&self, list: usize) -> &[u32] {
        &self.entries[self.begins[list] as usize..self.begins[list + 1] as usize]
    }
}
