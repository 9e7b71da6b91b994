SELECT next FROM treasury_reading WHERE topic = $1 AND part = $2::int
